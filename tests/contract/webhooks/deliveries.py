"""Deliveries as the sender makes them, and what somebody could have made of them on the way."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random

from sparx_core import uuid7
from sparx_core.encryption import Keyring
from sparx_core.webhooks.body import MAX_BODY_BYTES
from sparx_core.webhooks.secrets import SigningSecret, rotated, seal_secrets
from sparx_core.webhooks.sending.claims import Claimed
from sparx_core.webhooks.sending.message import Composer
from sparx_core.webhooks.signing import new_secret, signature_headers

OURS, ID, TIME, THEIRS = (
    "x-sparx-signature",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
)
#: One in so many is as large as a body may be, was tried before, has two signatures.
LARGE, RETRIED, ROTATED = 100, 5, 7
_TEXTS = (
    "plain",
    "naïve café",
    "日本語のテキスト",
    "עברית ובחזרה",
    "👩‍👩‍👧‍👦 \U0001f9ea",
    "e\u0301 \u2028 \u2029 \x7f",
    'quotes " and \\ and </script>',
)
#: What a byte of a header becomes, if it is changed.
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


@dataclass(frozen=True)
class Delivery:
    """A request with one of the secrets that it was signed with."""

    raw: bytes
    headers: Mapping[str, str]
    secret: str

    def line(self) -> str:
        raw = base64.b64encode(self.raw).decode()
        return json.dumps({"raw": raw, "headers": dict(self.headers), "secret": self.secret})


def deliveries(count: int, chance: Random) -> list[Delivery]:
    """Deliveries of all kinds, made by what the sender makes them with, now."""
    keyring = Keyring((chance.randbytes(32),))
    return [_delivery(number, keyring, chance) for number in range(count)]


@dataclass(frozen=True)
class Sealing:
    """What a composer needs of a runtime."""

    keyring: Keyring


def _delivery(number: int, keyring: Keyring, chance: Random) -> Delivery:
    now = time.time()
    known = [SigningSecret(new_secret())]
    if number % ROTATED == 0:
        known = rotated(known, now, overlap=3600)
    claimed = _claimed(keyring, known, _data(number, chance))
    compose = Composer(Sealing(keyring))
    message = compose(claimed, int(now))
    if number % RETRIED == 0:
        message = compose(replace(claimed, body=message.body.decode()), int(now) + 5)
    headers = {name.lower(): value for name, value in message.headers}
    return Delivery(message.body, headers, chance.choice(known).secret)


def _data(number: int, chance: Random) -> str:
    text = chance.choice(_TEXTS) * chance.randint(1, 20)
    data = {"number": number, "text": text, "more": [None, True, 1.5, {"": ""}]}
    if number % LARGE == 0:
        room = MAX_BODY_BYTES - 1000 - len(text.encode()) * 6
        data["large"] = "é" * (room // 2)
    return json.dumps(data, ensure_ascii=False)


def _claimed(keyring: Keyring, known: list[SigningSecret], data: str) -> Claimed:
    tenant, subscription = uuid7(), uuid7()
    return Claimed(
        tenant_id=tenant,
        delivery=uuid7(),
        token=uuid7(),
        attempt=1,
        claimed_at=datetime.now(UTC),
        trial=False,
        subscription_id=subscription,
        url="https://receiver.example/hook",
        headers="{}",
        secrets=seal_secrets(keyring, tenant, subscription, known),
        body=None,
        event_id=uuid7(),
        event_type="order.created",
        event_version=1,
        aggregate_type="crm.orders",
        aggregate_id=uuid7(),
        data=data,
        occurred_at=datetime.now(UTC),
        position=1,
        test=False,
        livemode=True,
        clock=time.monotonic(),
    )


# -- changed on the way ----------------------------------------------------------------------------


def mutated(one: Delivery, chance: Random) -> tuple[str, Delivery]:
    """The delivery with one thing changed, and what that is."""
    change = chance.choice(MUTATIONS)
    return change.__name__, change(one, chance)


def body_byte(one: Delivery, chance: Random) -> Delivery:
    at = chance.randrange(len(one.raw))
    other = (one.raw[at] + chance.randint(1, 255)) % 256
    return replace(one, raw=one.raw[:at] + bytes([other]) + one.raw[at + 1 :])


def body_length(one: Delivery, chance: Random) -> Delivery:
    at = chance.randrange(len(one.raw))
    shorter, longer = one.raw[:at], one.raw[:at] + b" " + one.raw[at:]
    return replace(one, raw=chance.choice([shorter, longer]))


def header_byte(one: Delivery, chance: Random) -> Delivery:
    """Each verifier finds a byte changed in a header that it reads."""
    headers = dict(one.headers)
    headers[OURS] = _other_byte(_alone(headers[OURS], ","), chance)
    headers[THEIRS] = _alone(headers[THEIRS], " ")
    name = chance.choice([ID, TIME, THEIRS])
    # The last letters of base64 hold bits that mean nothing.
    kept = 2 if name == THEIRS else 0
    headers[name] = _other_byte(headers[name], chance, kept)
    return replace(one, headers=headers)


def header_time(one: Delivery, chance: Random) -> Delivery:
    """It was signed at another time than it says."""
    sent_at = int(one.headers[TIME])
    later = sent_at + chance.choice([-1, 1]) * chance.randint(1, 100)
    ours = one.headers[OURS].replace(f"t={sent_at}", f"t={later}")
    return replace(one, headers={**one.headers, OURS: ours, TIME: str(later)})


def header_of_another(one: Delivery, chance: Random) -> Delivery:
    """The headers are good with the same secret, but for another body."""
    other = chance.randbytes(10).hex().encode()
    signed = signature_headers([one.secret], one.headers[ID], int(one.headers[TIME]), other)
    return replace(one, headers={**one.headers, **dict(signed)})


def secret_bit(one: Delivery, chance: Random) -> Delivery:
    key = bytearray(base64.b64decode(one.secret.removeprefix("whsec_")))
    key[chance.randrange(len(key))] ^= 1 << chance.randrange(8)
    return replace(one, secret="whsec_" + base64.b64encode(key).decode())


def secret_length(one: Delivery, chance: Random) -> Delivery:
    key = base64.b64decode(one.secret.removeprefix("whsec_"))
    # Not without its last byte: if that is 0, it is the same key to an HMAC.
    other = chance.choice([key[1:], key + b"0", b""])
    return replace(one, secret="whsec_" + base64.b64encode(other).decode())


MUTATIONS: tuple[Callable[[Delivery, Random], Delivery], ...] = (
    body_byte,
    body_length,
    header_byte,
    header_time,
    header_of_another,
    secret_bit,
    secret_length,
)


def _alone(header: str, between: str) -> str:
    """A header with the last of its signatures alone, so that no other can make up for it."""
    if between == " ":
        return header.split(between)[-1]
    time_part, *signatures = header.split(between)
    return between.join([time_part, signatures[-1]])


def _other_byte(text: str, chance: Random, kept: int = 0) -> str:
    at = chance.randrange(len(text) - kept)
    other = chance.choice(_PRINTABLE.replace(text[at], ""))
    return text[:at] + other + text[at + 1 :]
