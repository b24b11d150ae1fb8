"""Markdown read into rich text: CommonMark with tables, strikethrough and GitHub's alerts.

HTML in Markdown is text like any other. An entry or an asset is addressed as ``entry:<id>`` and
``asset:<id>``, in links and in images.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from sparx_cms.richtext.attributes import image_url, language, link_url, row_id
from sparx_cms.richtext.flowing import grouped, line
from sparx_cms.richtext.nodes import TEXT, Node, Tree, document, node, text_node

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

#: What a callout is called in Markdown.
ALERTS = {"NOTE": "info", "TIP": "success", "WARNING": "warning", "CAUTION": "danger"}
_ALERT = re.compile(r"\[!([A-Za-z]+)\]\s*")
_MARKS = {"strong": "bold", "em": "italic", "s": "strike"}


def from_markdown(text: str) -> Tree:
    """The tree of a Markdown document; addresses that are not safe are left out.

    It may be too large or too deep to be stored: ``validate`` says so.
    """
    from markdown_it.tree import SyntaxTreeNode

    root = SyntaxTreeNode(_parser().parse(text.replace("\0", "")))
    return document(grouped(_flow(root, [])))


@cache
def _parser() -> MarkdownIt:
    # Loaded when the first Markdown is read: that takes as long as all the rest of this package.
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _flow(one: SyntaxTreeNode, marks: list[Node]) -> Iterator[Node]:
    for child in one.children:
        yield from _read(child, marks)


def _read(one: SyntaxTreeNode, marks: list[Node]) -> Iterator[Node]:
    if one.type in _MARKS:
        yield from _flow(one, [*marks, node(_MARKS[one.type])])
    elif one.type == "link":
        link = _link(one)
        yield from _flow(one, marks if link is None else [*marks, link])
    elif one.type == "text":
        if one.content:
            yield text_node(one.content, marks)
    elif one.type == "code_inline":
        yield text_node(one.content, [*marks, node("code")])
    elif one.type == "softbreak":
        yield text_node(" ", marks)
    elif one.type == "hardbreak":
        yield node("hardBreak")
    elif one.type == "paragraph":
        yield from grouped(_flow(one, marks))
    elif (made := _READERS.get(one.type)) is not None:
        yield from made(one)
    else:  # inline, thead, tbody
        yield from _flow(one, marks)


def _referred(url: object, kind: str) -> str | None:
    """The id in ``entry:<id>`` or ``asset:<id>``."""
    scheme, _, found = str(url).partition(":")
    try:
        return row_id(found) if scheme == kind else None
    except ValueError:
        return None


def _accepted(read: Callable[[object], str], value: object) -> str | None:
    try:
        return read(value)
    except ValueError:
        return None


def _link(one: SyntaxTreeNode) -> Node | None:
    url, title = one.attrGet("href"), str(one.attrGet("title") or "")[:500] or None
    entry, asset = _referred(url, "entry"), _referred(url, "asset")
    href = None if entry or asset else _accepted(link_url, url)
    if not (entry or asset or href):
        return None
    return node("link", href=href, entryId=entry, assetId=asset, title=title)


def _image(one: SyntaxTreeNode) -> Iterator[Node]:
    url = one.attrGet("src")
    asset = _referred(url, "asset")
    source = None if asset else _accepted(image_url, url)
    alt = "".join(child.content for child in one.children)[:1000] or None
    title = str(one.attrGet("title") or "")[:500] or None
    if asset or source:
        yield node("image", assetId=asset, src=source, alt=alt, title=title)


def _heading(one: SyntaxTreeNode) -> Iterator[Node]:
    level = int(one.tag[1:])
    for block in grouped(_flow(one, [])):
        inline = block["type"] == "paragraph"
        yield node("heading", block["content"], level=level) if inline else block


def _list(one: SyntaxTreeNode) -> Iterator[Node]:
    items = [node("listItem", grouped(_flow(item, []))) for item in one.children]
    if one.type == "bullet_list":
        yield node("bulletList", items)
    else:
        start: Any = one.attrGet("start")
        yield node("orderedList", items, start=start)


def _code(one: SyntaxTreeNode) -> Iterator[Node]:
    words = one.info.split() if one.type == "fence" else []
    text = one.content.removesuffix("\n")
    named = _accepted(language, words[0]) if words else None
    yield node("codeBlock", [text_node(text, [])] if text else [], language=named)


def _quote(one: SyntaxTreeNode) -> Iterator[Node]:
    """A quotation; or a callout, if its first line says of which kind."""
    inside = grouped(_flow(one, []))
    first = inside[0].get("content") if inside else None
    if first and first[0]["type"] == TEXT and not first[0].get("marks"):
        told = _ALERT.match(first[0]["text"])
        variant = ALERTS.get(told[1].upper()) if told else None
        if told and variant:
            rest = line([text_node(first[0]["text"][told.end() :], []), *first[1:]])
            opened = [node("paragraph", rest)] if rest else []
            yield node("callout", [*opened, *inside[1:]], variant=variant)
            return
    yield node("blockquote", inside)


def _table(one: SyntaxTreeNode) -> Iterator[Node]:
    rows = []
    for part in one.children:
        kind = "tableHeader" if part.type == "thead" else "tableCell"
        for row in part.children:
            cells = [node(kind, grouped(_flow(cell, []))) for cell in row.children]
            rows.append(node("tableRow", cells))
    yield node("table", rows)


_READERS: dict[str, Callable[[SyntaxTreeNode], Iterator[Node]]] = {
    "heading": _heading,
    "bullet_list": _list,
    "ordered_list": _list,
    "fence": _code,
    "code_block": _code,
    "blockquote": _quote,
    "table": _table,
    "image": _image,
    "hr": lambda one: iter([node("horizontalRule")]),
}
