"""Claiming what is due: the deliveries that this process may send now, and when to look again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, fields
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

from sparx_core.db.connection import Database
from sparx_core.json import decode, encode

#: Seconds for which a claim holds, at least: what a request may take, and the time to tell of it.
LEAST_LEASE = 20.0
#: Tenants that one claim looks at; the next one goes on behind them.
TENANTS = 200
#: Tenants of which is known where to go on, when there was no room for all that they had.
MAX_PLACES = 1_000

_CLAIM = "SELECT * FROM core.claim_webhooks(%s, %s, %s, %s::uuid, %s::jsonb, %s)"
_RELEASE = "SELECT core.release_webhooks()"


@dataclass(frozen=True)
class Claimed:
    """A delivery that this process holds by ``token``, with all that it takes to send it.

    ``claimed_at`` is the database's time, when this process's clock showed ``clock``. ``trial``:
    its receiver fails at present. ``body`` is what was sent before, if it was; otherwise the event
    is here, unless it is gone.
    """

    tenant_id: UUID
    delivery: UUID
    token: UUID
    attempt: int
    claimed_at: datetime
    trial: bool
    subscription_id: UUID
    url: str
    headers: str
    secrets: bytes
    body: str | None
    event_id: UUID
    event_type: str
    event_version: int | None
    aggregate_type: str | None
    aggregate_id: UUID | None
    data: str | None
    occurred_at: datetime | None
    position: int
    test: bool
    livemode: bool
    clock: float

    def time(self, clock: float) -> float:
        """The database's time, in seconds since 1970, when this process's clock shows ``clock``."""
        return self.claimed_at.timestamp() + clock - self.clock


#: As ``core.claim_webhooks`` answers with them.
_COLUMNS = [one.name for one in fields(Claimed) if one.name != "clock"]


class Claims:
    """Claims for one process, which goes from tenant to tenant, each beginning where it ended."""

    def __init__(self, dispatch: Database) -> None:
        self._dispatch = dispatch
        self._after: UUID | None = None
        self._places: OrderedDict[str, str] = OrderedDict()
        #: Seconds after which it is worth to look again, as the last claim found; None: not known.
        self.wait: float | None = None

    def claim(self, slots: int, trials: int, lease: float = LEAST_LEASE) -> list[Claimed]:
        """Up to ``slots`` deliveries, ``trials`` of them for receivers that fail at present."""
        after = None if self._after is None else str(self._after)
        places = encode(dict(self._places)).decode()
        found = self._dispatch.call(_CLAIM, (slots, trials, lease, after, places, TENANTS))
        clock = monotonic()
        *rows, last = found
        self._look_on(last[0], last[-1])
        self._remember(decode(last[-2].encode()))
        return [_claimed(row[:-2], clock) for row in rows]

    def release(self) -> int:
        """Take back what workers did not answer for, of all workers; how many."""
        ((count,),) = self._dispatch.call(_RELEASE)
        return int(count)

    def _look_on(self, after: UUID | None, wait: float | None) -> None:
        """Go on at once if tenants are left to look at, but not in circles."""
        once_around = after is None or (self._after is not None and after <= self._after)
        self._after = after
        self.wait = None if wait == 0 and once_around else wait

    def _remember(self, places: dict[str, Any]) -> None:
        for tenant, place in places.items():
            self._places.pop(tenant, None)
            if place is not None:
                self._places[tenant] = place
        while len(self._places) > MAX_PLACES:
            self._places.popitem(last=False)


def _claimed(row: tuple[Any, ...], clock: float) -> Claimed:
    values = dict(zip(_COLUMNS, row, strict=True))
    return Claimed(**{**values, "secrets": bytes(values["secrets"]), "clock": clock})
