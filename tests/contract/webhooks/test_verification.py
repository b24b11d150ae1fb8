"""What the sender signs is accepted by every verifier, and nothing else is."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from tests.live.chance import Chance

from sparx_core.webhooks.body import MAX_BODY_BYTES
from sparx_core.webhooks.signing import new_secret, signature_headers

from .deliveries import MUTATIONS, OURS, body_byte, deliveries, mutated
from .verifiers import DOCS, Verifiers, answers

COUNT = 1_000
BODY = '{"type":"order.created"}'


@pytest.fixture(scope="module")
def verifiers(tmp_path_factory: pytest.TempPathFactory) -> Verifiers:
    return Verifiers.installed(tmp_path_factory.mktemp("verifiers"))


def signed(secret: str, sent_at: float, body: str = BODY) -> str:
    return dict(signature_headers([secret], "id", int(sent_at), body.encode()))[OURS]


def test_every_delivery_is_accepted_and_every_change_noticed(verifiers: Verifiers) -> None:
    """D1: by ours, and by the official packages of PyPI and npm."""
    chance = Chance()
    sent = deliveries(COUNT, chance.random)
    sizes = sorted(len(one.raw) for one in sent)
    assert sizes[-1] <= MAX_BODY_BYTES
    assert sizes[-10] > MAX_BODY_BYTES * 0.9
    two = sum(one.headers[OURS].count("v1=") == 2 for one in sent)
    assert two > COUNT / 10

    verdicts = verifiers(sent)
    assert {name: good.count(True) for name, good in verdicts.items()} == {
        "verify.py": COUNT,
        "verify.js": COUNT,
        "verify.js of a text": COUNT,
        "verify.php": COUNT,
        "standardwebhooks of PyPI": COUNT,
        "svix of PyPI": COUNT,
        "standardwebhooks of npm": COUNT,
        "svix of npm": COUNT,
    }

    changed = [mutated(one, chance.random) for one in sent]
    kinds = Counter(kind for kind, _ in changed)
    assert set(kinds) == {one.__name__ for one in MUTATIONS}
    accepted = {
        name: [changed[number] for number, one in enumerate(good) if one]
        for name, good in verifiers([one for _, one in changed]).items()
    }
    assert accepted == {name: [] for name in verdicts}
    print(f"D1 {COUNT} deliveries, {two} with two signatures, largest {sizes[-1]} bytes: accepted")
    print(f"   by {len(verdicts)} verifiers; {COUNT} changed: none accepted, {dict(kinds)}")


def test_a_signature_is_good_for_five_minutes_unless_the_receiver_says_otherwise(
    verifiers: Verifiers,
) -> None:
    secret, now = new_secret(), time.time()
    expected = [
        # Not at the bound itself: the processes look at the clock later.
        ((now,), True),
        ((now - 200,), True),
        ((now + 290,), True),
        ((now - 310,), False),
        ((now + 600,), False),
        ((0,), False),
        ((now - 310, 3600), True),
        ((now - 200, 60), False),
        ((now, 0), False),
        ((now + 600, -1), False),
    ]
    asked = [(BODY, signed(secret, sent_at), secret, *more) for (sent_at, *more), _ in expected]
    asked[8] = (BODY, signed(secret, now - 5), secret, 0)
    assert_all_say(verifiers, asked, [good for _, good in expected])


def test_one_good_signature_among_others_is_enough(verifiers: Verifiers) -> None:
    secret, now = new_secret(), int(time.time())
    time_part, good = signed(secret, now).split(",")
    other = signed(new_secret(), now).split(",")[1]
    expected = {
        f"{time_part},{good}": True,
        f"{time_part},{other},{good}": True,
        f"{time_part},{good},{other}": True,
        f"{time_part},{other},{other},{other},{other},{good}": True,
        # Another scheme, as there may be one day, is none that these know.
        f"{time_part},v2=abc,{good}": True,
        f"{time_part},{other}": False,
        f"{time_part},{good.replace('v1', 'v2')}": False,
    }
    asked = [(BODY, header, secret) for header in expected]
    assert_all_say(verifiers, asked, list(expected.values()))


def test_whatever_else_is_given_is_refused_and_raises_nothing(verifiers: Verifiers) -> None:
    secret = new_secret()
    good = signed(secret, time.time())
    time_part, signature = good.split(",")
    unsigned = signed(secret, time.time(), "")
    headers: list[Any] = [
        *("", ",", "=", "t=", "v1=", f"{time_part}", f"{time_part},", signature),
        *(f"{signature},{time_part}", f"{time_part};{signature}", f"{time_part}, {signature}"),
        *(f" {good}", f"{good} ", f"{good}\n", f"{good}\0", good.upper(), good.replace("v1", "V1")),
        *(f"{time_part},{time_part},v1=", f"{time_part},v1", f"{time_part},{signature}0"),
        *(f"{time_part},{signature[:-1]}", f"{time_part},{signature[:-1]}g", f"T{good[1:]}"),
        *(f"t=-1,{signature}", f"t=1e9,{signature}", f"t=0x1,{signature}", f"t=,{signature}"),
        *(f"t={'9' * 400},{signature}", f"t=١٢٣,{signature}", f"t= {good[2:]}", f"t=+{good[2:]}"),
        *(f"{time_part}.0,{signature}", "é" * 64, f"{time_part},v1={'é' * 64}", "," * 10_000),
        *(None, True, False, 0, 1.5, [], [good], {}, {"v1": signature}),
    ]
    secrets: list[Any] = [
        *("", "whsec_", secret.removeprefix("whsec_"), secret.upper(), f" {secret}", f"{secret}\n"),
        *(
            secret[:-1],
            secret[:-2],
            f"{secret}=",
            secret.replace("_", "-"),
            "whsec_é",
            "whsec_====",
        ),
        *(f"whsec_{'?' * 44}", None, True, 0, [], [secret], {}),
    ]
    bodies: list[Any] = ["", BODY + " ", BODY[:-1], None, True, 0, 1.5, [], [BODY], {}]
    asked = [
        *((BODY, one, secret) for one in headers),
        *((BODY, good, one) for one in secrets),
        *((one, good, secret) for one in bodies),
        *((one, unsigned, secret) for one in (None, 0, False, [])),
    ]
    assert_all_say(verifiers, [(BODY, good, secret), *asked], [True] + [False] * len(asked))


def test_the_handler_of_the_quickstart_works(verifiers: Verifiers) -> None:
    chance = Chance()
    good, bad = deliveries(2, chance.random)
    bad = body_byte(bad, chance.random)
    said = answers(verifiers.folder, [good.line(), bad.line()], "node", "quickstart.mjs")
    assert said == [[200, [json.loads(good.raw)["data"]]], [400, []]]


def test_python_takes_what_bodies_come_as(verifiers: Verifiers) -> None:
    secret = new_secret()
    header = signed(secret, time.time(), "ä")
    raw = "ä".encode()
    for body in ("ä", raw, bytearray(raw), memoryview(raw)):
        assert verifiers.python(body, header, secret) is True
    for body in ("ä".encode("latin-1"), "\ud800", object(), bytes):
        assert verifiers.python(body, header, secret) is False


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.*")), ids=lambda path: path.name)
def test_what_is_copied_is_short(path: Any) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 110


def assert_all_say(
    verifiers: Verifiers, asked: Sequence[Sequence[Any]], expected: Sequence[bool]
) -> None:
    for name, said in verifiers.of_values(asked).items():
        wrong = [
            one
            for one, good, wanted in zip(asked, said, expected, strict=True)
            if good is not wanted
        ]
        assert wrong == [], name
