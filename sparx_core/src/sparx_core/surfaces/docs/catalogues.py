"""The catalogues: every event with its payload, and every error code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparx_core.registry import Registry
from sparx_core.surfaces.docs.fields import Fields, going_note
from sparx_core.surfaces.docs.html import Html, code, element, inline, prose, together
from sparx_core.surfaces.docs.layout import Link
from sparx_core.surfaces.docs.operations import described, homes
from sparx_core.surfaces.docs.samples import coloured, sample
from sparx_core.surfaces.openapi.errors import example_error

_ABOUT_EVENTS = """
An event is a fact about one resource, stored in the transaction of the change. What follows from it
is done a moment later by handlers of modules; each sees the events about one resource in order.

Your own application gets events by webhooks, or reads them: `GET /v1/events` is what happened,
`GET /v1/events/feed` is for keeping up with all of it, and `GET /v1/events/types` is this catalogue
for programs. An event that is marked `internal` is for modules alone.
"""
_PARTS = (
    ("id", "its own id"),
    ("type", "its name, such as `order.created`"),
    ("version", "of its payload; goes up with a change that a reader could trip over"),
    ("resource", "what it is about, such as `crm.orders`"),
    ("resourceId", "the id of the resource that it is about"),
    ("sequence", "grows with each event about the same resource"),
    ("occurredAt", "when it was stored"),
    ("data", "the payload: the resource as the API shows it; for a deletion, as it was"),
)
_ABOUT_ERRORS = """
A refused request has written nothing, and is answered in one envelope. `error.code` is for
programs: a code means one thing for ever. `error.message` is for people and may change;
`error.details` says more, where there is more to say.
"""


def events(document: Mapping[str, Any]) -> tuple[Html, list[Link]]:
    """The content of ``/docs/events``, and its navigation."""
    operations = described(document)
    places = homes(operations)
    fields = Fields(document["components"]["schemas"], places)
    found = document["x-sparx-events"]
    parts = element(
        "dl",
        [together(element("dt", code(name)), element("dd", inline(told))) for name, told in _PARTS],
        class_="fields parts",
    )
    content = together(
        element("h1", "Events"),
        prose(_ABOUT_EVENTS),
        element("h2", "What an event carries"),
        parts,
        element("h2", "Catalogue"),
        together(_event(one, fields, places) for one in found),
    )
    return content, [Link(f"#{one['type']}", one["type"], one["resource"]) for one in found]


def _event(event: Mapping[str, Any], fields: Fields, places: Mapping[str, str]) -> Html:
    home = places.get(event["data"]["$ref"].rpartition("/")[2])
    about = element("a", code(event["resource"]), href=home) if home else code(event["resource"])
    mark = None if event["public"] else element("span", "internal", class_="need")
    told = together(
        element("h3", element("a", event["type"], href=f"#{event['type']}", class_="anchor"), mark),
        element("p", "About ", about, f", version {event['version']}.", class_="about"),
        element("p", note) if (note := going_note(event)) else None,
        prose(event["description"]),
        element(
            "details",
            element("summary", "Fields of data"),
            fields.of(event["data"], sent=False),
            class_="answer",
        ),
    )
    return element(
        "article",
        element("div", told, class_="told"),
        element("div", sample("data", coloured(event["example"])), class_="samples"),
        id=event["type"],
    )


def errors(document: Mapping[str, Any], registry: Registry) -> tuple[Html, list[Link]]:
    """The content of ``/docs/errors``, and its navigation."""
    found = document["x-sparx-errors"]
    content = together(
        element("h1", "Errors"),
        prose(_ABOUT_ERRORS),
        together(_error(one, registry) for one in found),
    )
    links = [Link(f"#{one['code']}", one["code"], str(one["status"])) for one in found]
    return content, links


def _error(error: Mapping[str, Any], registry: Registry) -> Html:
    status = element("span", str(error["status"]), class_="status")
    heading = element("a", error["code"], href=f"#{error['code']}", class_="anchor")
    example = coloured(example_error(registry.errors[error["code"]]))
    return element(
        "article",
        element(
            "div", element("h3", status, " ", heading), prose(error["description"]), class_="told"
        ),
        element("div", sample(f"Answer {error['status']}", example), class_="samples"),
        id=error["code"],
    )
