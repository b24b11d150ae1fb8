"""Reads as a query string asks for them, for surfaces that have their parameters by name."""

from __future__ import annotations

from sparx_core.errors import NotFound
from sparx_core.ids import parse_uuid
from sparx_core.operations import Values
from sparx_core.read.view import Views
from sparx_core.surfaces.reading import Asking, Reading
from sparx_core.surfaces.rest.aggregating import parse_aggregate
from sparx_core.surfaces.rest.query import NOBODYS, parse_chosen, parse_page


def query_page(reads: Reading, asking: Asking) -> tuple[str, Values]:
    """A page of a list, as JSON text, and its ``total``, ``per_page`` and ``next_cursor``."""

    def ask(views: Views) -> tuple[str, Values]:
        own = reads.own(asking)
        page = parse_page(asking, reads.resource, views, own or NOBODYS)
        return reads.page(asking, views, page, own)

    return reads.answer(asking, ask)


def query_groups(reads: Reading, asking: Asking) -> tuple[str, Values]:
    """The groups of an aggregate, as JSON text, and what is told beside them."""

    def ask(views: Views) -> tuple[str, Values]:
        own = reads.own(asking)
        asked = parse_aggregate(asking, reads.resource, own or NOBODYS)
        return reads.groups(asking, views, asked, own)

    return reads.answer(asking, ask)


def query_one(reads: Reading, asking: Asking, row_id: str) -> tuple[str, int]:
    """A row as JSON text, and its version; ``NotFound`` also for what is no id at all."""

    def ask(views: Views) -> tuple[str, int]:
        own = reads.own(asking)
        chosen = parse_chosen(
            asking,
            reads.resource,
            views,
            detail=True,
            own=own or NOBODYS,
        )
        found = parse_uuid(row_id)
        if found is None:
            raise NotFound
        return reads.one(asking, views, chosen, found, own)

    return reads.answer(asking, ask)
