"""What is for editors, and no reader's business."""

from __future__ import annotations

from sparx_core import Resource

#: What a key needs to see what is not live.
DRAFT_SCOPE = "draft:cms"
#: What a key needs to decide what is live.
PUBLISH_SCOPE = "publish:cms"


class Editorial(Resource):
    """A resource that tells of drafts and plans: to list and get it takes more than to read."""

    read_scope = DRAFT_SCOPE
