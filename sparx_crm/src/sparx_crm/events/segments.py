"""What happens to segments, and to customers in them."""

from __future__ import annotations

from sparx_core import Event


class SegmentCreated(Event):
    """A segment was created. Who is in it a worker finds out; each is a `segment.entered`."""

    name, resource = "segment.created", "crm.segments"


class SegmentUpdated(Event):
    """Details of a segment were changed, its rules among them."""

    name, resource = "segment.updated", "crm.segments"


class SegmentFrozen(Event):
    """A segment was frozen: once the worker has looked at all customers, its members stay."""

    name, resource = "segment.frozen", "crm.segments"


class SegmentArchived(Event):
    """A segment was archived: nobody enters or leaves it any more."""

    name, resource = "segment.archived", "crm.segments"


class SegmentUnarchived(Event):
    """A segment was taken out of the archive."""

    name, resource = "segment.unarchived", "crm.segments"


class SegmentDeleted(Event):
    """A segment was deleted with its members, who do not exit; the payload is it as it was."""

    name, resource = "segment.deleted", "crm.segments"


class SegmentEntered(Event):
    """A customer entered a segment. Once for each time, however often a worker had to try."""

    name, resource = "segment.entered", "crm.segment_members"


class SegmentExited(Event):
    """A customer left a segment; the payload is the membership as it was. Once for each time."""

    name, resource = "segment.exited", "crm.segment_members"
