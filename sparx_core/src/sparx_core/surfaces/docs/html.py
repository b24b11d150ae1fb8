"""HTML that is safe by construction: whatever is not made by these functions is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

_VOID = frozenset({"br", "hr", "link", "meta"})
_CODE = re.compile(r"`([^`]+)`")


class Html(str):
    """Text that is HTML already."""


Child = str | Iterable["Child"] | None


def element(name: str, /, *children: Child, **attributes: str | bool | None) -> Html:
    """``element("a", "text", href="/docs", class_="quiet")``; attributes of None are left out."""
    said = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{said}>")
    return Html(f"<{name}{said}>{together(*children)}</{name}>")


def together(*children: Child) -> Html:
    """All of them, one after the other."""
    return Html("".join(_text(one) for one in children))


def _text(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return escape(child)
    return "".join(_text(one) for one in child)


def code(text: str) -> Html:
    return element("code", text)


def inline(markdown: str) -> Html:
    """A line of Markdown: words, and code in backticks."""
    parts = _CODE.split(markdown)
    return together(code(part) if place % 2 else part for place, part in enumerate(parts))


def prose(markdown: str) -> Html:
    """Paragraphs of Markdown."""
    return together(element("p", inline(part)) for part in markdown.split("\n\n") if part.strip())
