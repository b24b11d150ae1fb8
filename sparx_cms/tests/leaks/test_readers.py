"""A key that reads what is live learns nothing of drafts, whatever it asks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sparx_core.operations import Operation
from sparx_core.runtime import Runtime
from sparx_core.testing import Answer, Api

from .workshop import SECRET, Workshop


def told(answer: Answer) -> str:
    """All that an answer says, in lower case."""
    return f"{answer.status} {answer.headers} {answer.body!r}".lower()


def leaks(workshop: Workshop, answer: Answer, *asked: str) -> list[str]:
    """The secrets in an answer, but for those that were sent."""
    text = told(answer)
    return [one for one in workshop.secrets() if one.lower() in text and one not in asked]


#: What those work on who may see drafts.
WORKED_ON = ("releases", "release_items", "comments", "reviews", "schedules", "revisions", "menus")


def reading(installation: Runtime) -> Iterator[Operation]:
    found = installation.registry.operations.values()
    return (one for one in found if one.method == "GET" and one.module == "cms")


def test_no_request_that_reads_tells_of_drafts(
    installation: Runtime, workshop: Workshop, site: Api
) -> None:
    tokens = [one for one in workshop.hidden.values() if one.startswith("lnk_")]
    ids = {*workshop.hidden.values(), *(one["id"] for one in workshop.shown.values())}
    ids -= {*tokens}  # a preview shows a draft to whoever was sent it
    found = {}
    for operation in reading(installation):
        named = re.findall(r"{(\w+)}", operation.path)
        for id in sorted(ids) if named else [""]:
            path = re.sub(r"{\w+}", id, operation.path)
            answer = site.get(path)
            assert answer.status < 500, (path, answer.text)
            if leaked := leaks(workshop, answer, id):
                found[operation.name] = (path, leaked, answer.text[:800])
    assert not found


def test_no_event_tells_of_drafts(workshop: Workshop, site: Api) -> None:
    first = {"after": "beginning", "take": 100}
    for path, params in (("feed", first), ("", {"take": 100})):
        page = site.get(f"/v1/events/{path}".rstrip("/"), params=params)
        types = {one["type"] for one in page.data}
        assert {"content.entry.created", "content.entry.updated"} <= types
        assert not types & {"content.comment.created", "content.release.created"}
        resources = {one["resource"] for one in page.data}
        assert not resources & {f"cms.{one}" for one in WORKED_ON}, resources
        assert SECRET not in told(page)
