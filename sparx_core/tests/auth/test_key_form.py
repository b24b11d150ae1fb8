"""The form of a key: a mistyped one is refused without asking the database."""

from __future__ import annotations

import re
from hashlib import sha256

import pytest

from sparx_core.auth.keys import _checksum, bearer, new_key, parse_key

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-.~ é\n\0"


def test_form_and_what_is_presented() -> None:
    key = new_key()
    assert re.fullmatch(r"sk_live_[0-9A-Za-z]{8}_[0-9A-Za-z]{32}", key.text)
    presented = parse_key(key.text)
    assert presented is not None
    assert presented.key_id == key.key_id == key.text[8:16]
    assert presented.secret_hash == key.secret_hash == sha256(key.text.encode()).digest()


def test_keys_do_not_repeat() -> None:
    keys = [new_key() for _ in range(1000)]
    assert len({key.key_id for key in keys}) == len({key.text for key in keys}) == 1000


def test_rules_that_scan_for_the_secrets_of_others_do_not_match() -> None:
    assert not re.search(r"(sk|rk)_(test|live|prod)_[a-zA-Z0-9]{10,99}", new_key().text)


def test_every_mutation_of_one_character_is_refused() -> None:
    text = new_key().text
    for position, original in enumerate(text):
        for other in ALPHABET:
            if other != original:
                mutated = text[:position] + other + text[position + 1 :]
                assert parse_key(mutated) is None, mutated


def test_lost_doubled_and_swapped_characters_are_refused() -> None:
    text = new_key().text
    for position in range(len(text)):
        before, after = text[:position], text[position:]
        assert parse_key(before + after[1:]) is None
        assert parse_key(before + after[0] + after) is None
        swapped = before + after[1:2] + after[0] + after[2:]
        assert swapped == text or parse_key(swapped) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sk_live_",
        "sk_test_CHKBmZy9_WrD6cQ0wzTlIEofje4yzH38hR30J48RE",
        "sk_live_CHKBmZy9_",
        "SK_LIVE_CHKBmZy9_WrD6cQ0wzTlIEofje4yzH38hR30J48RE",
        "sk_live_CHKBmZy9-WrD6cQ0wzTlIEofje4yzH38hR30J48RE",
        "sk_live_\N{ARABIC-INDIC DIGIT ONE}HKBmZy9_WrD6cQ0wzTlIEofje4yzH38hR30J48RE",
        "x" * 100_000,
    ],
)
def test_other_forms_are_refused(text: str) -> None:
    assert parse_key(text) is None


def test_a_key_of_a_sandbox_says_so() -> None:
    key = new_key(live=False)
    assert re.fullmatch(r"sk_test_[0-9A-Za-z]{8}_[0-9A-Za-z]{32}", key.text)
    presented = parse_key(key.text)
    assert presented is not None
    assert (presented.key_id, presented.secret_hash) == (key.key_id, key.secret_hash)
    assert parse_key(key.text.replace("test", "live")) is None


def test_surroundings_are_refused() -> None:
    text = new_key().text
    for around in (text + "\n", "\n" + text, text + "\0", f'"{text}"', text * 2):
        assert parse_key(around) is None


def test_checksum_is_of_everything_before_it() -> None:
    body = new_key().text[:-6]
    assert parse_key(body + _checksum(body)) is not None
    assert parse_key(body + _checksum(body[1:])) is None


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_scheme_is_read_without_regard_to_case(scheme: str) -> None:
    assert bearer(f"{scheme} {new_key().text}") is not None


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "{key}", "Basic {key}", "Token {key}", "Bearer{key}"]
)
def test_other_headers_hold_no_key(header: str | None) -> None:
    assert bearer(header and header.format(key=new_key().text)) is None
