"""Blocks of Strapi, its rich text, as ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparx_cms.richtext.attributes import image_url, language
from sparx_cms.richtext.flowing import grouped, ordered
from sparx_cms.richtext.nodes import Node, Tree, document, node, text_node
from sparx_cms.richtext.urls import is_safe

_MARKS = {
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "strikethrough": "strike",
    "code": "code",
}


def tree_of_blocks(blocks: list[Mapping[str, Any]]) -> Tree:
    """The tree of a value of type ``blocks``."""
    return document([made for one in blocks for made in _block(one)])


def _block(one: Mapping[str, Any]) -> Iterator[Node]:
    kind, inside = one["type"], one.get("children") or []
    if kind == "heading":
        yield node("heading", list(_line(inside, [])), level=int(one.get("level") or 2))
    elif kind == "list":
        items = [node("listItem", grouped(_inside(item))) for item in inside]
        listed = "orderedList" if one.get("format") == "ordered" else "bulletList"
        if items:
            yield node(listed, items)
    elif kind == "quote":
        yield node("blockquote", grouped(_line(inside, [])))
    elif kind == "code":
        yield _code(one)
    elif kind == "image":
        yield from _image(one.get("image") or {})
    else:
        yield node("paragraph", list(_line(inside, [])))


def _inside(item: Mapping[str, Any]) -> Iterator[Node]:
    """What is in an item of a list: a line, and lists."""
    for child in item.get("children") or []:
        yield from _block(child) if child["type"] == "list" else _line([child], [])


def _line(inside: list[Mapping[str, Any]], marks: list[Node]) -> Iterator[Node]:
    for one in inside:
        if one["type"] == "link":
            url = one.get("url")
            link = [node("link", href=url)] if is_safe(url) else []
            yield from _line(one.get("children") or [], [*marks, *link])
        elif text := str(one.get("text") or ""):
            own = [node(mark) for name, mark in _MARKS.items() if one.get(name)]
            yield text_node(text, ordered([*marks, *own]))


def _code(one: Mapping[str, Any]) -> Node:
    text = "".join(str(child.get("text") or "") for child in one.get("children") or [])
    try:
        named: str | None = language(one.get("language"))
    except ValueError:
        named = None
    return node("codeBlock", [text_node(text, [])] if text else [], language=named)


def _image(image: Mapping[str, Any]) -> Iterator[Node]:
    try:
        yield node("image", src=image_url(image.get("url")), alt=image.get("alternativeText"))
    except ValueError:
        return  # of an address that is not safe
