"""Attacks on readers of rich text, run in Chromium: none executes.

Those in ``attacks.json`` are of the kinds that sanitizers are tested with: schemes in disguise,
handlers, mutations between HTML, SVG and MathML, templates, what hides in Markdown.
``SPARX_ATTACKS`` may name a JSON file with further ones, a list of texts, such as those of another
sanitizer's own tests.
"""

from __future__ import annotations

import json
import os
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from sparx_cms.richtext import from_html, from_markdown, problems, to_html, to_markdown, to_text
from sparx_cms.richtext.urls import is_safe

from ..chromium import executions
from .trees import block, doc, mark, paragraph, text

_LISTS: dict[str, list[str]] = json.loads(Path(__file__).with_name("attacks.json").read_text())
SCHEMES = _LISTS["schemes"]
ATTACKS = [
    *(carrier.replace("{}", one) for carrier in _LISTS["carriers"] for one in SCHEMES),
    *_LISTS["attacks"],
]


def _further() -> list[str]:
    named = os.environ.get("SPARX_ATTACKS")
    found: list[str] = json.loads(Path(named).read_text()) if named else []
    return found


def _trees(attack: str) -> list[Any]:
    """An attack as everything that a client may send."""
    link = paragraph(text("x", mark("link", href=attack)))
    image = {"type": "image", "attrs": {"src": attack, "alt": attack, "caption": attack}}
    typed = doc(
        paragraph(attack), block("codeBlock", text(attack)), paragraph(text(attack, mark("code")))
    )
    return [from_html(attack), from_markdown(attack), typed, doc(link), doc(image)]


def _pages(attack: str) -> list[str]:
    """What readers are shown of it: also of trees that would have been refused, and after another
    Markdown parser, one that lets HTML through, has read our Markdown.
    """
    from markdown_it import MarkdownIt

    permissive = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    permissive.validateLink = lambda url: True  # type: ignore[method-assign]
    shown = []
    for tree in _trees(attack):
        shown.append(to_html(tree))
        shown.append(permissive.render(to_markdown(tree)))
    return shown


class _Addresses(HTMLParser):
    """Every attribute of a page, with its element."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, name, value) for name, value in attrs]


@pytest.fixture(scope="module")
def attacks() -> list[str]:
    return [*ATTACKS, *_further()]


def test_only_known_attributes_and_safe_addresses_are_shown(attacks: list[str]) -> None:
    allowed = {"href", "src", "alt", "title", "class", "loading", "colspan", "rowspan", "start"}
    for attack in attacks:
        for tree in _trees(attack):
            page = _Addresses()
            page.feed(to_html(tree))
            for _, name, value in page.found:
                assert name in allowed or name.startswith("data-") or name in ("target", "rel")
                assert name not in ("href", "src") or is_safe(value), (attack, value)


def test_what_is_refused_is_every_address_that_is_not_safe(attacks: list[str]) -> None:
    for scheme in SCHEMES:
        assert problems(doc(paragraph(text("x", mark("link", href=scheme)))))
    for attack in attacks:
        assert isinstance(to_text(from_html(attack)), str)


def test_nothing_executes_in_a_browser(attacks: list[str], tmp_path: Path) -> None:
    """Each page is parsed with the document, and once more as it is put into an element."""
    pages = list(dict.fromkeys(page for attack in attacks for page in _pages(attack)))
    # Each of them ends all that it opens, so that many of them are a page.
    joined = ["\n".join(pages[start : start + 50]) for start in range(0, len(pages), 50)]
    found = executions(joined, tmp_path)
    assert not found, [joined[number] for number in found]


def test_the_browser_would_notice(tmp_path: Path) -> None:
    """Attacks that nobody has defused do execute."""
    raw = [
        *("<img src=x onerror=hit()>", "<svg onload=hit()>", "<details open ontoggle=hit()>x"),
        *("fine", "<a href='javascript:hit()'>x</a>"),
    ]
    assert executions(raw, tmp_path) == {0, 1, 2, 4}
