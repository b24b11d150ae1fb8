"""Files that somebody sent, and that are not what they should be."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest

from sparx_cms.importing import Space, read_space
from sparx_cms.importing.names import field_key, moment, type_key
from sparx_cms.importing.space import FORMATS
from sparx_core import BadRequest

from .contentful_space import SPACE
from .test_strapi import EXPORT

_NONE = [
    *(b"\xff\xfe", b"{", b"[" * 100_000, b"3", b'{"entries": 3}', b'{"contentTypes": [{}]}'),
    *(b'{"contentTypes": {"a": 3}}', b'{"contentTypes": NaN}', b'{"line": "space"}', b"[]"),
    *(b'{"contentTypes": {}, "data": {"a": 3}}', b'{"locales": [{"code": 1}]}', b"null"),
]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("content", _NONE)
def test_what_is_no_export_is_refused_or_empty(format: str, content: bytes) -> None:
    try:
        found = read_space(format, content)
    except BadRequest:
        return
    assert (found.types, found.entries, found.assets) == ([], [], [])


def _broken(value: Any, depth: int = 3) -> list[Any]:
    """A document with one of its parts, each in turn, replaced by something else."""
    if depth == 0 or not isinstance(value, dict | list) or not value:
        return []
    places = list(value) if isinstance(value, dict) else range(len(value))
    found = []
    for place in places:
        inner = value[place]
        for other in (None, 3, "x", [], {}, *_broken(inner, depth - 1)):
            changed = dict(value) if isinstance(value, dict) else list(value)
            changed[place] = other
            found.append(changed)
    return found


@pytest.mark.parametrize(("format", "export"), [("contentful", SPACE), ("strapi", EXPORT)])
def test_what_is_broken_somewhere_is_read_or_refused(format: str, export: Any) -> None:
    for broken in _broken(export):
        with suppress(BadRequest):
            assert isinstance(read_space(format, json.dumps(broken).encode()), Space)


def test_names_are_such_as_can_be_here() -> None:
    assert [type_key(one) for one in ("blogPost", "FAQ item", "2nd", "Ärger")] == [
        *("blog_post", "faq_item", "type_2nd", "rger")
    ]
    assert [field_key(one) for one in ("hero-image", "Title", "9lives", "--")] == [
        *("heroImage", "title", "field9lives", "field")
    ]
    assert moment("2026-05-12T00:00+02:00") == "2026-05-12T00:00:00+02:00"
    assert [moment(one) for one in ("2026-05-12", "soon", None)] == [
        *("2026-05-12T00:00:00+00:00", "soon", None)
    ]
