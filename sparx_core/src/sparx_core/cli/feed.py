"""The feed of events of a remote installation: followed without a gap, whatever becomes of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from sparx_core.cli.output import CommandError
from sparx_core.cli.remote import Remote, Unreachable

FEED, TYPES = "/v1/events/feed", "/v1/events/types"
#: Seconds between two looks when nothing happens.
LOOK_SECONDS = 0.5
#: Seconds of the first pause while the server does not answer; each is twice as long, up to:
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
_TAKE = "100"


class Event(msgspec.Struct, frozen=True, rename="camel"):
    """An event as the API shows it; ``data`` is kept to the byte."""

    id: UUID
    type: str
    version: int
    resource: str
    resource_id: UUID
    sequence: int
    data: msgspec.Raw
    occurred_at: datetime
    test: bool


class EventType(msgspec.Struct, frozen=True):
    """A type of events, as far as it is told here."""

    type: str
    public: bool
    description: str


class _Meta(msgspec.Struct):
    next_cursor: str
    has_more: bool


class _Page(msgspec.Struct):
    data: list[Event]
    meta: _Meta


class _Types(msgspec.Struct):
    data: list[EventType]


@dataclass(frozen=True)
class StoredEvent:
    """An event of the feed as it is stored: what the body of a webhook is made of."""

    tenant_id: UUID
    event: Event
    livemode: bool = True

    @property
    def event_id(self) -> UUID:
        return self.event.id

    @property
    def event_type(self) -> str:
        return self.event.type

    @property
    def event_version(self) -> int | None:
        return self.event.version

    @property
    def aggregate_type(self) -> str | None:
        return self.event.resource

    @property
    def aggregate_id(self) -> UUID | None:
        return self.event.resource_id

    @property
    def data(self) -> str | None:
        return bytes(self.event.data).decode()

    @property
    def occurred_at(self) -> datetime | None:
        return self.event.occurred_at

    @property
    def position(self) -> int:
        return self.event.sequence

    @property
    def test(self) -> bool:
        return self.event.test


@dataclass
class Feed:
    """Follows what happens from now on. ``lost`` and ``found`` tell of a server that does not
    answer, and that it does again; ``pause`` waits so many seconds.
    """

    remote: Remote
    patterns: Sequence[str]
    lost: Callable[[str], None]
    found: Callable[[], None]
    pause: Callable[[float], object]

    def begin(self) -> None:
        """Find out where things are now. Raises ``Unreachable`` as well."""
        self._cursor = self._page().meta.next_cursor

    def follow(self) -> Iterator[Event]:
        """Each event once, in the order of the feed, for ever."""
        while True:
            page = self._patiently()
            yield from page.data
            self._cursor = page.meta.next_cursor
            if not page.meta.has_more:
                self.pause(LOOK_SECONDS)

    def _patiently(self) -> _Page:
        """The next page, however long the server is away."""
        pause, told = FIRST_PAUSE, False
        while True:
            try:
                page = self._page(self._cursor)
            except Unreachable as error:
                if not told:
                    self.lost(str(error))
                told = True
                self.pause(max(error.wait, pause * random.uniform(0.8, 1.2)))
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                if told:
                    self.found()
                return page

    def _page(self, cursor: str | None = None) -> _Page:
        query = {"take": _TAKE, "test": "true"}
        if cursor is not None:
            query["after"] = cursor
        if self.patterns:
            query["type"] = ",".join(self.patterns)
        return _decoded(self.remote, self.remote.get(FEED, query), _Page)


def public_types(remote: Remote) -> list[EventType]:
    """The types of events that webhooks may have."""
    found = _decoded(remote, remote.get(TYPES), _Types)
    return [one for one in found.data if one.public]


T = TypeVar("T")


def _decoded(remote: Remote, content: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=type_)
    except msgspec.DecodeError:
        told = f"{remote.url} does not answer as this version of Sparx does."
        raise CommandError("not_sparx", told) from None
