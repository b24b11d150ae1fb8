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

_AT = "2026-01-01T10:00:00+00:00"
_ID = "0197a1e2-0000-7000-8000-00000000000"
#: A line of each kind of an export of Sparx.
_LINES: list[Any] = [
    {"line": "space", "format": "sparx-cms", "version": 1},
    {"line": "locale", "code": "en", "name": "English", "fallback": None, "isDefault": True},
    {"line": "site", "host": "a.example", "title": "A", "disallowed": ["/x"]},
    {"line": "type", "key": "note", "name": "Note", "fields": [{"key": "title", "type": "text"}]},
    {"line": "taxonomy", "key": "t", "name": "T", "pluralName": "Ts", "hierarchical": True},
    {"line": "term", "taxonomy": "t", "slug": "a", "name": "A", "parent": None},
    {"line": "folder", "id": f"{_ID}1", "name": "F", "parent": None},
    {"line": "asset", "id": f"{_ID}2", "filename": "a.png", "url": "/a", "folder": f"{_ID}1",
     "alt": {"en": "A"}, "focalX": 0.5},
    {"line": "entry", "id": f"{_ID}3", "type": "note", "fields": {"title": "A"},
     "terms": [["t", "a"]], "publishedAt": _AT, "live": {"locales": ["en"], "fields": {}}},
    {"line": "revision", "entry": f"{_ID}3", "number": 1, "kind": "saved", "createdAt": _AT,
     "fields": {}},
    {"line": "menu", "key": "m", "name": "M", "items": [{"label": "x", "entryId": f"{_ID}3"}]},
    {"line": "release", "id": f"{_ID}4", "title": "R", "status": "draft", "at": _AT,
     "items": [{"entry": f"{_ID}3", "action": "publish"}]},
    {"line": "schedule", "id": f"{_ID}5", "entry": f"{_ID}3", "at": _AT, "status": "failed"},
    {"line": "redirect", "fromPath": "/a", "toEntryId": f"{_ID}3"},
    {"line": "comment", "id": f"{_ID}6", "entry": f"{_ID}3", "body": "?", "createdAt": _AT},
]  # fmt: skip
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


def test_lines_that_are_broken_are_read_or_refused() -> None:
    for broken in _broken(_LINES, 4):
        lines = "\n".join(map(json.dumps, broken)).encode()
        with suppress(BadRequest):
            assert isinstance(read_space("sparx", lines), Space)


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
