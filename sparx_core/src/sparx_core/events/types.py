"""What modules declare: event types and the handlers that react to them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from sparx_core.db.models import TenantModel

if TYPE_CHECKING:
    from sparx_core.context import Context


class Event:
    """A fact about one row of a resource. The class docstring is published documentation.

    ``name`` is ``noun.past_participle``; ``resource`` the key of the resource the fact is about
    (``crm.orders``): the payload is that resource as the API shows it when the transaction
    ends - before the change, for a deletion. ``version`` goes up with a breaking change of the
    payload. ``public`` events are those that webhooks may subscribe to.
    """

    name: ClassVar[str]
    resource: ClassVar[str]
    version: ClassVar[int] = 1
    public: ClassVar[bool] = True

    def __init__(self, row: TenantModel) -> None:
        self.row = row

    @classmethod
    def documentation(cls) -> str:
        return inspect.cleandoc(cls.__doc__ or "")


@dataclass(frozen=True)
class Occurrence:
    """An event as a handler receives it.

    Numbers in ``data``, the payload, are int or Decimal, money among them, and never float.
    """

    id: UUID
    type: str
    version: int
    aggregate_id: UUID
    data: dict[str, Any]
    occurred_at: datetime


HandlerFunction = Callable[["Context", Occurrence], None]


@dataclass(frozen=True)
class Handler:
    """A reaction of a module to an event type, run by a worker after the commit.

    At least once: a handler must have the same effect when it runs twice. What it writes to the
    database commits together with the mark that it ran, so such effects happen exactly once.
    """

    event: str
    function: HandlerFunction
    module: str = ""

    @property
    def name(self) -> str:
        """``crm.update_customer_statistics``: stored with each delivery, so do not rename it."""
        return f"{self.module}.{self.function.__name__}"


def on(event: str) -> Callable[[HandlerFunction], Handler]:
    """Declare a handler of an event type by name; its module need not be installed."""

    def declare(function: HandlerFunction) -> Handler:
        return Handler(event, function)

    return declare
