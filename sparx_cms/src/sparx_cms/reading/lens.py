"""How entries are looked at: live or as drafts, in which languages, with which references."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from peewee import SQL, Cast, Expression, Function, NodeList, Select, Table

from sparx_core import Scope, slot

LIVE, DRAFT, ARCHIVED, ANY = "published", "draft", "archived", "any"
#: What of entries only those see who may see drafts.
DRAFT_SCOPE = "draft:cms"
#: A tree of references to follow, by key.
Plan = dict[str, Any]


@dataclass(frozen=True)
class EntryLens:
    """``view`` is what of entries is seen: what is live, drafts, what is archived, or drafts and
    archived ones. Without a ``locale`` they are in the tenant's own.

    ``chain`` are the languages of values that a query compares, best first, and ``named`` the ids
    of their fields by key; ``only`` the keys of the fields that are wanted, None for all of them.
    """

    view: str = LIVE
    locale: str | None = field(default=None, compare=False)
    plan: Plan = field(default_factory=dict, compare=False)
    only: tuple[str, ...] | None = field(default=None, compare=False)
    chain: tuple[str, ...] = field(default=(), compare=False)
    named: Mapping[str, str] = field(default_factory=dict, compare=False)
    #: The id of the content type that an entry that is looked at has to be of.
    of_type: str | None = field(default=None, compare=False)
    #: How many languages values are compared in: it is a part of the SQL.
    depth: int = field(init=False)
    #: Whether one type is asked for.
    typed: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", len(self.chain))
        object.__setattr__(self, "typed", self.of_type is not None)

    @property
    def live(self) -> bool:
        return self.view == LIVE

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that a key needs for it, beside the resource's own."""
        return frozenset() if self.live else frozenset({DRAFT_SCOPE})

    @cached_property
    def slots(self) -> Mapping[Hashable, Any]:
        """The parameters of its SQL."""
        return {
            "entry locale": self.locale,
            "entry type": self.of_type,
            "entry plan": json.dumps(self.plan) if self.plan else None,
            "entry fields": None if self.only is None else list(self.only),
            **{("entry chain", place): code for place, code in enumerate(self.chain)},
            **{("entry field", key): field_id for key, field_id in self.named.items()},
        }


#: What events tell and whoever includes an entry: what is live, in the tenant's own language.
UNASKED = EntryLens()


def shown_entry(row: Scope, selection: Any) -> Any:
    """The JSON of an entry with the names of a selection, as SQL."""
    lens = selection.lens
    names = [name for name, _ in selection.entries if not name.startswith("__")]
    asked = (
        (SQL("NULL::jsonb"), SQL("NULL::text[]"))
        if lens is None
        else (Cast(slot("entry plan"), "jsonb"), Cast(slot("entry fields"), "text[]"))
    )
    return Function(
        "cms.shown_entry",
        (
            row.column("id"),
            _chain(lens),
            SQL("true" if lens is None or lens.live else "false"),
            asked[0],
            Cast(f"{{{','.join(names)}}}", "text[]"),
            SQL("NULL::jsonb"),
            asked[1],
        ),
    )


def visible(row: Scope) -> Any:
    """Which entries a reader is shown, as SQL."""
    lens = row.lens if isinstance(row.lens, EntryLens) else UNASKED
    if not lens.typed:
        return _in_view(lens, row)
    of_type = Expression(row.column("content_type_id"), "=", Cast(slot("entry type"), "uuid"))
    return Expression(_in_view(lens, row), "AND", of_type)


def _in_view(lens: EntryLens, row: Scope) -> Any:
    if lens.live:
        return Function("cms.is_seen", (row.column("live_locales"), _chain(row.lens)))
    if lens.view == ANY:
        return SQL("true")
    parts = (row.column("archived_at"), SQL("IS NULL" if lens.view == DRAFT else "IS NOT NULL"))
    return NodeList(parts)


def version_of(row: Scope) -> Any:
    """The version that a reader is told of: of what is live, that which went live."""
    lens = row.lens if isinstance(row.lens, EntryLens) else UNASKED
    if not lens.live:
        return row.column("version")
    pages = Table("entry_locales", schema="cms", alias="_seen")
    seen = Function("cms.seen_locales", (_chain(row.lens), row.column("live_locales")))
    place = Function("array_position", (seen, pages.c.locale))
    live: Any = Select([pages], [pages.c.live_version]).where(pages.c.entry_id == row.column("id"))
    return live.where(pages.c.locale == Function("ANY", (seen,))).order_by(place).limit(SQL("1"))


def _chain(lens: Any) -> Any:
    """The languages of a reader, found once for a statement."""
    wanted = SQL("NULL::text") if lens is None else Cast(slot("entry locale"), "text")
    return NodeList((SQL("(SELECT"), Function("cms.locale_chain", (wanted,)), SQL(")")))


def value_of(key: str, localized: bool, row: Scope) -> Any:
    """SQL of the JSON value that a field has for a reader; NULL if it has none."""
    lens = row.lens
    assert isinstance(lens, EntryLens)
    document = row.column("live" if lens.live else "draft")
    values = Expression(document, "->", Cast(slot(("entry field", key)), "text"))
    if not lens.live and not localized:
        return _value(values, SQL("'*'"))
    places = [Cast(slot(("entry chain", place)), "text") for place in range(lens.depth)]
    if localized:
        return Function("coalesce", tuple(_value(values, place) for place in places))
    return _of_first_live(values, row.column("live_locales"), places)


def _of_first_live(values: Any, live_locales: Any, places: list[Any]) -> Any:
    """What is not localized is as it was published with the first language."""
    cases: list[Any] = []
    for place in places:
        is_live = Expression(place, "=", Function("ANY", (live_locales,)))
        cases += [SQL("WHEN"), is_live, SQL("THEN"), _value(values, place)]
    return NodeList((SQL("(CASE"), *cases, SQL("END)")))


def _value(values: Any, place: Any) -> Any:
    null = SQL("'null'::jsonb")
    return Function("nullif", (Expression(values, "->", place), null))
