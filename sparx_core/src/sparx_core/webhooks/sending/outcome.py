"""What came of a request: delivered, to be tried again, or given up; and what of it is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from sparx_core.json import encode
from sparx_core.outbound import OutboundError, OutboundResponse
from sparx_core.webhooks.sending.claims import Claimed

#: "fault" is one of ours: the receiver was not asked.
Result = Literal["delivered", "retry", "abort", "gone", "fault", "cancel"]

#: Bytes of a response that the log keeps; its headers, and the characters of all of them.
BODY_BYTES = 4 * 1024
MAX_HEADERS, HEADER_CHARACTERS = 50, 8 * 1024
#: Headers of a request or response whose values the log does not keep.
SECRET_HEADERS = frozenset({"x-sparx-signature", "webhook-signature", "set-cookie"})
MASK = "***"

_GONE = 410
#: With this header a receiver says that it does not want a message again.
_ABORT = ("webhook-delivery", "abort-message")
#: A day: what a receiver asks for beyond that is not given.
_MAX_RETRY_AFTER = 86_400.0
_SECONDS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Outcome:
    """An attempt, for ``core.record_attempts``. ``started`` is in seconds since 1970.

    ``body`` is what was sent, if the delivery did not have it before.
    """

    claimed: Claimed
    result: Result
    started: float
    milliseconds: int = 0
    status: int | None = None
    error: str | None = None
    message: str | None = None
    address: str | None = None
    request_headers: Sequence[tuple[str, str]] = ()
    response_headers: Sequence[tuple[str, str]] | None = None
    response_body: str | None = None
    retry_after: float | None = None
    body: str | None = None

    @property
    def size(self) -> int:
        """About how many bytes it takes to tell of it."""
        return 2048 + len(self.body or "") + len(self.response_body or "")

    def bare(self) -> Outcome:
        """Without all that others have written."""
        return replace(self, message=None, response_headers=None, response_body=None)

    def record(self) -> dict[str, Any]:
        """As ``core.record_attempts`` takes it."""
        held = self.claimed
        return {
            "tenant": str(held.tenant_id),
            "subscription": str(held.subscription_id),
            "delivery": str(held.delivery),
            "token": str(held.token),
            "outcome": self.result,
            "started": self.started,
            "milliseconds": self.milliseconds,
            "status": self.status,
            "error": self.error,
            "message": self.message,
            "address": self.address,
            "request_headers": self.request_headers,
            "response_headers": self.response_headers,
            "response_body": self.response_body,
            "retry_after": self.retry_after,
            "body": self.body,
        }


def records(outcomes: Sequence[Outcome]) -> str:
    """Outcomes as JSON."""
    return encode([one.record() for one in outcomes]).decode()


def of_response(outcome: Outcome, response: OutboundResponse) -> Outcome:
    """What a response makes of an attempt: only 2xx is success, and a redirect is none."""
    headers = {name.lower(): value for name, value in response.headers}
    delivered = 200 <= response.status < 300
    result: Result = "delivered" if delivered else "retry"
    error = None if delivered else "status"
    if response.status == _GONE:
        result, error = "gone", "gone"
    elif not delivered and headers.get(_ABORT[0], "").strip().lower() == _ABORT[1]:
        result, error = "abort", "aborted"
    return replace(
        outcome,
        result=result,
        error=error,
        milliseconds=round(response.shown_seconds * 1000),
        status=response.status,
        address=response.address,
        response_headers=kept_headers(response.headers),
        response_body=kept_body(response.body),
        retry_after=retry_after(headers, outcome.started + response.seconds),
    )


def of_error(outcome: Outcome, error: OutboundError) -> Outcome:
    """What an attempt without a response comes to."""
    return replace(
        outcome,
        result="retry",
        error=error.kind,
        message=_clean(error.message),
        milliseconds=round(error.shown_seconds * 1000),
        address=error.address,
    )


def kept_body(body: bytes) -> str:
    """The beginning of a response as text. Half a character at the end is none."""
    return _clean(body[:BODY_BYTES].decode("utf-8", "replace"))


def kept_headers(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers as the log keeps them: not all, if they are many, and without secrets."""
    kept: list[tuple[str, str]] = []
    left = HEADER_CHARACTERS
    for name, value in headers[:MAX_HEADERS]:
        shown = MASK if name.lower() in SECRET_HEADERS else value
        left -= len(name) + len(shown)
        if left < 0:
            break
        kept.append((_clean(name), _clean(shown)))
    return kept


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a receiver asks to wait, from ``Retry-After`` in seconds or as a date; a day at
    most. None: it does not ask, or not so that anybody understands it.
    """
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _MAX_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(0.0, at.timestamp() - now), _MAX_RETRY_AFTER)


def _clean(text: str) -> str:
    # What PostgreSQL cannot hold.
    return text.replace("\x00", "")
