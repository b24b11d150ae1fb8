"""The feed: every event once, in the order in which they were committed, from wherever a reader is.

A reader gets events up to the oldest transaction that is still open, and no further: one of that
transaction's would come too late for him otherwise. So a cursor is a transaction and a position in
it, and never the greatest id that was seen.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from marshmallow import fields
from peewee import SQL, Cast, Expression, Function, NodeList, Select

from sparx_core.context import Context
from sparx_core.db.statements import slot
from sparx_core.errors import BadRequest
from sparx_core.events.models import EventRow
from sparx_core.events.patterns import EventPattern, wants
from sparx_core.events.resources import events
from sparx_core.events.schemas import EventSchema
from sparx_core.events.visibility import visible_events
from sparx_core.fields import Flag, ListOf, WholeNumber
from sparx_core.read.compiler import array_slot, render, table_source, table_sources
from sparx_core.read.page import DEFAULT_TAKE, MAX_TAKE
from sparx_core.read.wire import Scope
from sparx_core.resources import Told, Values, operation, querying
from sparx_core.schemas import ObjectSchema

#: Where the feed begins: with the oldest event that is kept.
BEGINNING = "beginning"
#: Events that are looked at for one page, so that one that wants few of them is answered in time.
SCAN = 10_000
_BIGGEST = 2**63
#: The oldest transaction that is open, in whatever database of the server.
_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"


@dataclass(frozen=True, order=True)
class Mark:
    """A place in the feed: behind the event at this position of what a transaction stated."""

    xid: int
    position: int

    def encode(self) -> str:
        """An opaque text that checks itself."""
        payload = msgspec.json.encode(["feed", self.xid, self.position])
        checked = zlib.crc32(payload).to_bytes(4, "big") + payload
        return base64.urlsafe_b64encode(checked).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Mark:
        """``BadRequest`` for what the feed did not give out."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            if zlib.crc32(raw[4:]).to_bytes(4, "big") != raw[:4]:
                raise ValueError
            kind, xid, position = msgspec.json.decode(raw[4:], type=tuple[str, int, int])
            if kind != "feed" or not (0 <= xid < _BIGGEST and 0 <= position < _BIGGEST):
                raise ValueError
        except (binascii.Error, ValueError, msgspec.DecodeError):
            told = "after: The cursor is not one of the feed."
            raise BadRequest(told, details={"parameter": "after"}) from None
        return cls(xid, position)


class FeedQuery(ObjectSchema):
    """What a reader has read, and what of the rest it wants."""

    after = fields.String(
        metadata={
            "description": "`meta.next_cursor` of the page before, or `beginning` for all events"
            " that are kept. Without it the page is empty, and its cursor is where things are now.",
            "example": BEGINNING,
        }
    )
    take = WholeNumber(
        1, MAX_TAKE, load_default=DEFAULT_TAKE, metadata={"description": "Events on a page."}
    )
    type = ListOf(
        EventPattern(),
        minimum=1,
        metadata={"description": "Only events of these types: `order.created,customer.*`."},
    )
    resource = fields.String(
        metadata={"description": "Only events about this resource.", "example": "crm.orders"}
    )
    test = Flag(
        load_default=False,
        metadata={"description": "Examples, too, that somebody asked for: they are no facts."},
    )


class FeedMeta(ObjectSchema):
    """Where to go on."""

    next_cursor = fields.String(
        required=True,
        data_key="next_cursor",
        metadata={
            "description": "Send it as `after`; there is one on every page, the last one included.",
            "example": "xM0PLVsiZmVlZCIsNzQyLDEyXQ",
        },
    )
    has_more = fields.Boolean(
        required=True,
        data_key="has_more",
        metadata={"description": "Whether the next page has events already.", "example": False},
    )


@querying(FeedQuery, meta=FeedMeta)
@operation(
    "GET",
    "/events/feed",
    name="events.feed",
    scope="read:core",
    answer=EventSchema(many=True),
    raises=[BadRequest],
)
def read_feed(ctx: Context, query: Values) -> Told:
    """All public events about resources that the key may read, oldest first, each of them once: for
    readers that keep up with everything, such as a search index.

    Ask again with the cursor of the page. No event is missed, and those about one resource come in
    their order. An event shows up when no transaction is open any more that began before its own.
    """
    horizon = Mark(int(ctx.transaction.scalar(_HORIZON)), 0)
    after = query.get("after")
    if after is None:
        return _told([], horizon, more=False)
    mark = Mark(0, 0) if after == BEGINNING else Mark.decode(after)
    asked = _Asked.of(ctx, query)
    bounds: dict[Hashable, Any] = {
        "xid": str(mark.xid),
        "position": mark.position,
        "horizon": str(horizon.xid),
    }
    found = ctx.transaction.fetch_all(
        ("feed", ctx.views.modules, asked.shape),
        lambda: _select(ctx, asked),
        {**bounds, **asked.slots, "limit": query["take"] + 1},
    )
    shown, more = found[: query["take"]], len(found) > query["take"]
    if more:
        return _told(shown, Mark(int(shown[-1][1]), shown[-1][2]), more=True)
    # The last of those that were looked at, if there may be more behind it.
    last = ctx.transaction.fetch(("feed", "last"), lambda: _scanned().offset(SCAN - 1), bounds)
    if last is not None:
        return _told(shown, Mark(int(last[0]), last[1]), more=True)
    return _told(shown, max(mark, horizon), more=False)


def _told(found: Sequence[Any], end: Mark, *, more: bool) -> Told:
    rows = [msgspec.Raw(one[0].encode()) for one in found]
    return Told(rows, {"next_cursor": end.encode(), "has_more": more})


@dataclass(frozen=True)
class _Asked:
    """What of the feed is wanted. ``types`` are None for all that there are, or will be."""

    types: tuple[str, ...] | None
    resource: str | None
    test: bool

    @classmethod
    def of(cls, ctx: Context, query: Values) -> _Asked:
        types = None
        if "type" in query:
            types = tuple(one for one in ctx.registry.events if wants(query["type"], one))
        return cls(types, query.get("resource"), query["test"])

    @property
    def shape(self) -> Hashable:
        return (self.types is None, self.resource is None, self.test)

    @property
    def slots(self) -> dict[Hashable, Any]:
        return {"types": list(self.types or ()), "resource": self.resource}

    def wanted(self, rows: Scope) -> Iterator[Any]:
        """The conditions on the events that were looked at."""
        yield visible_events(rows)
        yield rows.column("public")
        if not self.test:
            yield NodeList((SQL("NOT"), rows.column("test")))
        if self.types is not None:
            types = Function("ANY", (array_slot("types", "text"),))
            yield Expression(rows.column("type"), "=", types)
        if self.resource is not None:
            yield Expression(rows.column("aggregate_type"), "=", slot("resource"))


def _scanned() -> Select:
    """The events after the cursor and before the horizon, in order: one range of one index."""
    source = table_source(EventRow, "_s")
    place = (source.c.xid, source.c.position)
    mark = (Cast(slot("xid"), "xid8"), Cast(slot("position"), "bigint"))
    after = Expression(Function("ROW", place), ">", Function("ROW", mark))
    before = Expression(source.c.xid, "<", Cast(slot("horizon"), "xid8"))
    chosen = [Cast(source.c.xid, "text"), source.c.position]
    return Select([source], chosen).where(after, before).order_by(*place).limit(SQL("1"))


def _select(ctx: Context, asked: _Asked) -> Select:
    """(event as text, its transaction, its position), of the next that are looked at."""
    views = ctx.views
    looked_at = _scanned().select(SQL("_s.*")).limit(SQL(str(SCAN)))
    rows = Scope(looked_at.alias("_t"))
    place = (rows.column("xid"), rows.column("position"))
    more = (Cast(place[0], "text").alias("xid"), place[1])
    found = render(
        views.resource(events.key),
        views,
        views.whole(events.key),
        rows,
        table_sources(),
        *more,
        as_text=True,
    )
    return found.where(*asked.wanted(rows)).order_by(*place).limit(slot("limit"))
