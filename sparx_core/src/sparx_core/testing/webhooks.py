"""Webhooks inside a test: sent as a worker does, but to a recorder instead of a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from sparx_core.outbound import OutboundResponse
    from sparx_core.runtime import Runtime
    from sparx_core.testing.owner import Owner
    from sparx_core.webhooks.sending.outcome import Outcome


@dataclass(frozen=True)
class SentWebhook:
    """A request as a receiver would get it; the names of ``headers`` are in lower case."""

    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as the API would show it: money is Decimal."""
        from sparx_core.json import decode

        return decode(self.body)

    @property
    def type(self) -> str:
        """The type of the event."""
        return self.headers["x-sparx-event"]

    @property
    def data(self) -> Any:
        return self.json["data"]


class SentWebhooks:
    """A worker that sends when it is told to, and a receiver of all that it sends.

    ``sent_webhooks()`` sends what is due to the subscriptions of this test's tenants. The receiver
    answers 200 unless :meth:`answer` says otherwise.
    """

    def __init__(self, runtime: Runtime, owner: Owner, tenants: list[UUID]) -> None:
        from sparx_core.db.connection import Database
        from sparx_core.webhooks.sending.message import Composer
        from sparx_core.webhooks.sending.sender import Sender

        self.owner = owner
        #: Read anew each time, so that tenants made later are among them.
        self.tenants = tenants
        #: All that was sent so far.
        self.requests: list[SentWebhook] = []
        self._answer: Callable[[SentWebhook], OutboundResponse] = _accept
        self.database = Database(runtime.urls.dispatch)
        self.sender = Sender(self.database, self, Composer(runtime), 1, runtime.doorbell.ring)

    def __call__(self) -> list[SentWebhook]:
        """Send all that is due; what was sent, in its order."""
        self.leave_others()
        before = len(self.requests)
        self.outcomes()
        return self.requests[before:]

    def outcomes(self) -> list[Outcome]:
        """Send all that is due; what came of each attempt."""
        return self.sender.work_off()

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """What the receiver answers from now on: ``answer(503, retry_after="120")``."""
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        self._answer = lambda request: _response(status, named, body)

    def answer_by(self, function: Callable[[SentWebhook], OutboundResponse]) -> None:
        """Have a function answer; it may raise ``OutboundError``."""
        self._answer = function

    def make_due(self) -> None:
        """Let the time pass that deliveries and receivers wait after a failure."""
        self.owner.execute(
            "UPDATE core.webhook_deliveries SET due_at = clock_timestamp(),"
            " lease_until = least(lease_until, clock_timestamp())"
            " WHERE tenant_id = ANY(%s) AND state IN ('pending', 'sending')",
            self.tenants,
        )
        self.owner.execute(
            "UPDATE core.webhook_subscriptions SET next_at = NULL,"
            " open_until = least(open_until, clock_timestamp()) WHERE tenant_id = ANY(%s)",
            self.tenants,
        )

    def states(self) -> dict[str, int]:
        """How many webhook deliveries of these tenants are in which state."""
        return dict(
            self.owner.rows(
                "SELECT state, count(*) FROM core.webhook_deliveries"
                " WHERE tenant_id = ANY(%s) GROUP BY 1",
                self.tenants,
            )
        )

    def close(self) -> None:
        self.database.close()

    def send(
        self, method: str, url: str, *, headers: Sequence[tuple[str, str]] = (), body: bytes = b""
    ) -> OutboundResponse:
        """The transport of the sender."""
        request = SentWebhook(url, {name.lower(): value for name, value in headers}, body)
        self.requests.append(request)
        return self._answer(request)

    def leave_others(self) -> None:
        """Put off what other tests have left in the same database, whenever it is due."""
        self.owner.execute(
            "UPDATE core.webhook_deliveries SET due_at = clock_timestamp() + interval '1 day',"
            " lease_until = clock_timestamp() + interval '1 day'"
            " WHERE state IN ('pending', 'sending') AND tenant_id <> ALL(%s)",
            self.tenants,
        )


def _response(status: int, headers: Sequence[tuple[str, str]], body: bytes) -> OutboundResponse:
    from sparx_core.outbound import OutboundResponse

    return OutboundResponse(status, headers, body, False, "192.0.2.1", 0.01)


def _accept(request: SentWebhook) -> OutboundResponse:
    return _response(200, [], b"ok")
