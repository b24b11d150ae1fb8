"""A webhook delivery as a request: its body, and its headers, signed for this attempt."""

from __future__ import annotations

from dataclasses import dataclass

from sparx_core.json import decode
from sparx_core.runtime import Runtime
from sparx_core.webhooks.body import body_of
from sparx_core.webhooks.secrets import open_headers, open_secrets
from sparx_core.webhooks.sending.claims import Claimed
from sparx_core.webhooks.sending.outcome import MASK, SECRET_HEADERS
from sparx_core.webhooks.sending.request import EventGone, Message
from sparx_core.webhooks.signing import delivery_headers


@dataclass(frozen=True)
class Composer:
    """Makes messages with the secrets that the installation's keyring opens."""

    #: Asked for each time: a machine without keys works on all that needs none.
    runtime: Runtime

    def __call__(self, claimed: Claimed, now: int) -> Message:
        """The message of an attempt at the time ``now``, in seconds since 1970.

        Raises ``EventGone``, and what the keyring raises for secrets that it cannot open.
        """
        body = _body(claimed)
        about = (self.runtime.keyring, claimed.tenant_id, claimed.subscription_id)
        secrets = open_secrets(*about, claimed.secrets, now)
        added = list(open_headers(*about, decode(claimed.headers.encode())).items())
        own = delivery_headers(
            secrets, claimed.delivery, claimed.event_id, claimed.event_type, now, body
        )
        shown = [(name, MASK if name.lower() in SECRET_HEADERS else value) for name, value in own]
        return Message(body, [*own, *added], [*shown, *((name, MASK) for name, _ in added)])


def _body(claimed: Claimed) -> bytes:
    """What was sent before, to the byte; or the event."""
    if claimed.body is not None:
        return claimed.body.encode()
    if claimed.data is None:
        raise EventGone
    return body_of(claimed)
