"""Rates as settings write them."""

from __future__ import annotations

import pytest

from sparx_core.limits.rate import Rate, parse_rate
from sparx_core.settings import Settings, SettingsError


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("100/second", Rate(100, 1)),
        ("6000/Minute", Rate(6000, 60)),
        ("1/hour", Rate(1, 3600)),
        ("off", None),
        ("OFF", None),
        ("0", None),
    ],
)
def test_rates(text: str, rate: Rate | None) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text",
    ["100", "0/second", "-1/second", "100/day", "1.5/second", "100 / second", "\u0661/second", "on",
     "10000000000/second", "100/seconds", "/second"],
)  # fmt: skip
def test_what_is_no_rate_is_refused_at_start(text: str) -> None:
    with pytest.raises(SettingsError, match="SPARX_RATE_LIMIT_KEY must be a rate such as"):
        Settings.load({"SPARX_RATE_LIMIT_KEY": text})


def test_defaults_and_off() -> None:
    settings = Settings.load({})
    assert settings.rate_limit_key == Rate(100, 1)
    assert settings.rate_limit_tenant == Rate(300, 1)
    assert settings.rate_limit_address == Rate(50, 1)
    assert settings.tenant_threads is None
    off = Settings.load({"SPARX_RATE_LIMIT_TENANT": "off", "SPARX_TENANT_THREADS": "off"})
    assert (off.rate_limit_tenant, off.tenant_threads) == (None, 0)
    with pytest.raises(SettingsError, match="SPARX_TENANT_THREADS must be from 1 to 256"):
        Settings.load({"SPARX_TENANT_THREADS": "300"})


def test_processes_share_a_rate() -> None:
    assert Rate(100, 1).shared_by(8) == Rate(13, 1)
    assert Rate(1, 60).shared_by(512) == Rate(1, 60)
