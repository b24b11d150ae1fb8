"""What modules declare: event types and the handlers that react to them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from uuid import UUID

from sparx_core.db.models import TenantModel
from sparx_core.deprecation.declared import Deprecated
from sparx_core.events.patterns import EVERY, FORM, wants

if TYPE_CHECKING:
    from sparx_core.context import Context
    from sparx_core.errors import ApiError


class Event:
    """A fact about one row of a resource. The class docstring is published documentation.

    ``name`` is ``noun.past_participle``; ``resource`` the key of the resource the fact is about
    (``crm.orders``): the payload is that resource as the API shows it when the transaction
    ends - before the change, for a deletion. ``version`` goes up with a breaking change of the
    payload. One with ``detail`` shows all of it that a get does, and not just what lists do.
    ``public`` events are those that webhooks may subscribe to. One that goes away says so
    with ``deprecated``.
    """

    name: ClassVar[str]
    resource: ClassVar[str]
    version: ClassVar[int] = 1
    public: ClassVar[bool] = True
    detail: ClassVar[bool] = False
    deprecated: ClassVar[Deprecated | None] = None

    def __init__(self, row: TenantModel) -> None:
        self.row = row

    @classmethod
    def documentation(cls) -> str:
        return inspect.cleandoc(cls.__doc__ or "")


@dataclass(frozen=True)
class Occurrence:
    """An event as a handler receives it.

    Numbers in ``data``, the payload, are int or Decimal, money among them, and never float.
    ``replay``: somebody asked for an event of the past, which the handler may have seen before;
    what reaches the world, such as a mail, may not be wanted a second time. ``delivery_id`` is the
    same at every attempt of this handler at it, and another in a replay: the key for servers that
    do a thing once for each key. ``actor`` is who caused the event, ``key:`` and an id or
    ``handler:`` and a name, and ``actor_name`` what people call it: a key by the name it has now.
    """

    id: UUID
    type: str
    version: int
    aggregate_id: UUID
    data: dict[str, Any]
    occurred_at: datetime
    delivery_id: UUID
    replay: bool = False
    actor: str = ""
    actor_name: str | None = None


HandlerFunction = Callable[["Context", Occurrence], None]
#: What becomes of later events about the same row after one that a handler could not handle.
AfterDead = Literal["skip", "block"]


@dataclass(frozen=True)
class Handler:
    """A reaction of a module to an event type, or to all about a noun (``order.*``), run by a
    worker after the commit.

    At least once: a handler must have the same effect when it runs twice. What it writes to the
    database commits together with the mark that it ran, so such effects happen exactly once.
    After a delivery that is dead, later events about the same row are handled as if it were not
    there (``after_dead`` is "skip"), or wait until somebody has it tried again ("block").
    """

    event: str
    function: HandlerFunction
    module: str = ""
    after_dead: AfterDead = "skip"

    @property
    def name(self) -> str:
        """``crm.update_customer_statistics``: stored with each delivery, so do not rename it."""
        return f"{self.module}.{self.function.__name__}"

    def hears(self, event: str) -> bool:
        """Whether it reacts to an event type."""
        return wants((self.event,), event)


GuardFunction = Callable[["Context", Event], None]


@dataclass(frozen=True)
class Guard:
    """A check that a module makes before an event is stated, in the transaction that states it.

    It sees the row as it will be stored (``event.row``) and may refuse by raising an ``ApiError``:
    then nothing of the operation is written. It runs while the client waits, so it is quick.
    ``raises`` are those errors: the documents of all operations that state the event name them.
    """

    event: str
    function: GuardFunction
    raises: tuple[type[ApiError], ...] = ()
    module: str = ""

    @property
    def name(self) -> str:
        return f"{self.module}.{self.function.__name__}"


def guard(event: str, *, raises: Sequence[type[ApiError]] = ()) -> Callable[[GuardFunction], Guard]:
    """Declare a guard of an event type by name; its module need not be installed.

    ``raises`` are the errors that it refuses with, beside ``ValidationFailed``.
    """

    def declare(function: GuardFunction) -> Guard:
        return Guard(event, function, tuple(raises))

    return declare


@dataclass(frozen=True)
class Periodic:
    """Work that comes up again and again, in each tenant that has the module active.

    A worker runs it as it runs handlers: once however many workers there are, in a transaction
    that commits together with the mark that it ran, and again after a failure. A run that is late
    is not made up for: the next one is due a period after.
    """

    function: Callable[[Context], None]
    seconds: int
    module: str = ""

    @property
    def name(self) -> str:
        """``loyalty.expire_points``: stored with each tenant's schedule, so do not rename it."""
        return f"{self.module}.{self.function.__name__}"

    def handler(self) -> Handler:
        """What a worker calls when it is due. No event is called "": nothing else leads here."""
        function = self.function

        @wraps(function)
        def run(ctx: Context, event: Occurrence) -> None:
            function(ctx)

        return Handler("", run, self.module)


def every(
    *, minutes: int = 0, hours: int = 0, days: int = 0
) -> Callable[[Callable[[Context], None]], Periodic]:
    """Declare periodic work: ``@every(hours=1)`` above a function of the context."""
    seconds = 60 * (minutes + 60 * (hours + 24 * days))
    if seconds <= 0:
        raise ValueError("a period is a minute or more")

    def declare(function: Callable[[Context], None]) -> Periodic:
        return Periodic(function, seconds)

    return declare


@dataclass(frozen=True)
class Task:
    """Work on one row at a named time: ``ctx.schedule(publish_entry, entry, at=...)``.

    A worker runs it as it runs handlers, about a second after its time: once however many workers
    there are, in a transaction that commits together with the mark that it ran, and again after a
    failure. The row may be gone by then. What comes up while the module is off runs when it is
    active again.
    """

    function: Callable[[Context, UUID], None]
    module: str = ""

    @property
    def name(self) -> str:
        """``cms.publish_entry``: stored with each time, so do not rename it."""
        return f"{self.module}.{self.function.__name__}"

    def handler(self) -> Handler:
        """What a worker calls when it is time. No event is called "": nothing else leads here."""
        function = self.function

        @wraps(function)
        def run(ctx: Context, event: Occurrence) -> None:
            function(ctx, event.aggregate_id)

        return Handler("", run, self.module)


def scheduled(function: Callable[[Context, UUID], None]) -> Task:
    """Declare a task: ``@scheduled`` above a function of the context and the id of a row."""
    return Task(function)


def on(event: str, *, after_dead: AfterDead = "skip") -> Callable[[HandlerFunction], Handler]:
    """Declare a handler of an event type by name; its module need not be installed.

    ``order.*`` are all types about one noun, those of modules that come later as well.
    """
    if event == EVERY or not re.fullmatch(FORM, event):
        raise ValueError(f"{event!r} is no event type, and no pattern such as order.*")
    if after_dead not in ("skip", "block"):
        raise ValueError(f'after_dead is "skip" or "block", not {after_dead!r}')

    def declare(function: HandlerFunction) -> Handler:
        return Handler(event, function, after_dead=after_dead)

    return declare
