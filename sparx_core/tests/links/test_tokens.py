"""Tokens of links: their form, and where they are seen."""

from __future__ import annotations

import pytest

from sparx_core.links.tokens import is_public, new_token, token_hash, without_token


def test_tokens_are_unlike_each_other() -> None:
    made = {new_token().text for _ in range(1000)}
    assert len(made) == 1000
    assert {len(one) for one in made} == {47}
    assert token_hash(new_token().text) is not None


@pytest.mark.parametrize(
    "text", ["", "lnk_", "x" * 47, "lnk_" + "é" * 43, "lnk_" + "a" * 44, "LNK_" + "a" * 43]
)
def test_what_is_no_token_has_no_hash(text: str) -> None:
    assert token_hash(text) is None


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/v1/crm/public/quotes/lnk_abc", "/v1/crm/public/quotes/..."),
        ("/v1/crm/public/quotes/lnk_abc/accept", "/v1/crm/public/quotes/.../accept"),
        ("/v1/crm/public/quotes/not a token", "/v1/crm/public/quotes/..."),
        ("/v1/crm/quotes/lnk_abc", None),
        ("/v1/crm/public/quotes", None),
        ("/v1/me", None),
    ],
)
def test_tokens_stay_out_of_logs(path: str, logged: str | None) -> None:
    assert without_token(path) == (logged or path)
    assert is_public(path) is (logged is not None)
