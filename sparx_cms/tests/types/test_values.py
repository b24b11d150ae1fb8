"""Single values: what is kept of what a client sends, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from marshmallow import ValidationError

from sparx_cms.types.scalars import read_scalar
from sparx_cms.types.slugs import is_slug, slugify

from .definitions import field_of

ID = "0190a6f0-0000-7000-8000-000000000000"
SIZES = {"options": [{"value": "s"}, {"value": "m"}]}


@pytest.mark.parametrize(
    ("type", "sent", "kept"),
    [
        ("text", " as it is ", " as it is "),
        ("longText", "a\nb", "a\nb"),
        ("slug", "über-uns.2", "über-uns.2"),
        ("email", "Ann@Example.com", "ann@example.com"),
        ("url", "https://example.com/a?b", "https://example.com/a?b"),
        ("integer", Decimal("3.0"), 3),
        ("integer", 2**53 - 1, 2**53 - 1),
        ("decimal", Decimal("1.50"), Decimal("1.5")),
        ("decimal", Decimal("2.00"), 2),
        ("decimal", Decimal("1E+3"), 1000),
        ("boolean", False, False),
        ("date", "2026-02-28", "2026-02-28"),
        ("datetime", "2026-06-05T19:41:09+02:00", "2026-06-05T17:41:09Z"),
        ("datetime", "2026-06-05T17:41:09.5Z", "2026-06-05T17:41:09Z"),
        ("datetime", "0999-06-05T00:00:00Z", "0999-06-05T00:00:00Z"),
        ("json", [1, {"a": None}], [1, {"a": None}]),
        ("location", {"lat": 48, "lon": Decimal("-16.370")},
         {"lat": 48, "lon": Decimal("-16.37")}),
        ("reference", ID, ID),
        ("media", {"id": ID, "url": "as it was shown"}, ID),
        ("enum", "m", "m"),
    ],
)  # fmt: skip
def test_what_is_kept(type: str, sent: Any, kept: Any) -> None:
    found = read_scalar(field_of(type, **(SIZES if type == "enum" else {})), sent)
    assert (found, found.__class__) == (kept, kept.__class__)


@pytest.mark.parametrize(
    ("type", "sent"),
    [
        ("text", 3),
        ("text", "x" * 10_001),
        ("slug", "Hello"),
        ("slug", "a--b"),
        ("slug", "-a"),
        ("slug", "a/b"),
        ("slug", ""),
        ("email", "ann"),
        ("url", "javascript:alert(1)"),
        ("url", "https://a b"),
        ("url", "//evil.example"),
        ("integer", Decimal("1.5")),
        ("integer", "3"),
        ("integer", True),
        ("integer", 2**53),
        ("decimal", "1.5"),
        ("decimal", Decimal("1e300")),
        ("decimal", Decimal("0.0000001")),
        ("boolean", 1),
        ("date", "2026-02-30"),
        ("date", "2026-02-28T00:00:00Z"),
        ("datetime", "2026-06-05T17:41:09"),
        ("datetime", "2026-06-31T17:41:09Z"),
        ("datetime", "0001-01-01T00:00:00+01:00"),
        ("enum", "l"),
        ("enum", ["s"]),
        ("json", "x" * 65_537),
        ("location", {"lat": 91, "lon": 0}),
        ("location", {"lat": 1}),
        ("reference", "nobody"),
        ("media", {"url": "x"}),
    ],
)
def test_what_is_refused(type: str, sent: Any) -> None:
    with pytest.raises(ValidationError):
        read_scalar(field_of(type, **(SIZES if type == "enum" else {})), sent)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Crème brûlée, twice!", "creme-brulee-twice"),
        ("Große Ärzte", "grosse-arzte"),
        ("  ", ""),
        ("Łódź & Œuvre", "lodz-oeuvre"),
        ("Привет, мир", "привет-мир"),
        ("日本語 2026", "日本語-2026"),
        ("a" * 300, "a" * 255),
    ],
)
def test_slugs_of_titles(text: str, slug: str) -> None:
    assert slugify(text) == slug
    assert not slug or is_slug(slug)
