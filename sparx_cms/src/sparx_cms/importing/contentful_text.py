"""Rich text of Contentful as ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sparx_cms.importing.space import ASSET, ENTRY, Pointer
from sparx_cms.richtext.flowing import grouped, ordered
from sparx_cms.richtext.nodes import Node, Tree, document, node, text_node
from sparx_cms.richtext.urls import is_safe

_MARKS = {
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "strikethrough": "strike",
    "code": "code",
    "subscript": "subscript",
    "superscript": "superscript",
}
_BOXES = {
    "paragraph": "paragraph",
    "unordered-list": "bulletList",
    "ordered-list": "orderedList",
    "list-item": "listItem",
    "blockquote": "blockquote",
    "table": "table",
    "table-row": "tableRow",
    "table-cell": "tableCell",
    "table-header-cell": "tableHeader",
}


def tree_of(value: Mapping[str, Any], prefix: str) -> Tree:
    """The tree of a document. Nodes that there are none of here are left out, their text is not."""
    return document(grouped(_Reader(prefix).flow(value, [])))


def pointer_to(link: Mapping[str, Any], prefix: str) -> Pointer:
    """What a link, by its ``sys``, is to."""
    kind = ASSET if link.get("linkType") == "Asset" else ENTRY
    return Pointer(kind, f"{prefix}{link['id']}")


class _Reader:
    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def flow(self, one: Mapping[str, Any], marks: list[Node]) -> Iterator[Node]:
        for child in one.get("content") or []:
            yield from self._read(child, marks)

    def _read(self, one: Mapping[str, Any], marks: list[Node]) -> Iterator[Node]:
        kind: str = one["nodeType"]
        if kind == "text":
            yield from _texts(one, marks)
        elif kind == "hr":
            yield node("horizontalRule")
        elif kind.startswith("heading-"):
            yield node("heading", list(self.flow(one, [])), level=int(kind[-1]))
        elif kind in ("ordered-list", "unordered-list", "table", "table-row", "paragraph"):
            yield node(_BOXES[kind], list(self.flow(one, [])))
        elif kind in _BOXES:
            yield node(_BOXES[kind], grouped(self.flow(one, [])))
        elif kind.endswith("hyperlink"):
            link = self._link(kind, one)
            yield from self.flow(one, marks if link is None else [*marks, link])
        elif (made := _EMBEDDED.get(kind)) is not None:
            yield made(self._pointer(one))
        else:
            yield from self.flow(one, marks)

    def _link(self, kind: str, one: Mapping[str, Any]) -> Node | None:
        if kind == "hyperlink":
            url = one["data"].get("uri")
            return node("link", href=url) if is_safe(url) else None
        if kind == "resource-hyperlink":
            return None  # into another space
        name = "assetId" if kind == "asset-hyperlink" else "entryId"
        return node("link", **{name: self._pointer(one)})

    def _pointer(self, one: Mapping[str, Any]) -> Pointer:
        return pointer_to(one["data"]["target"]["sys"], self.prefix)


_EMBEDDED: Mapping[str, Callable[[Pointer], Node]] = {
    "embedded-entry-block": lambda target: node("embeddedEntry", entryId=target),
    "embedded-entry-inline": lambda target: node("reference", entryId=target),
    "embedded-asset-block": lambda target: node("image", assetId=target),
}


def _texts(one: Mapping[str, Any], marks: list[Node]) -> Iterator[Node]:
    """A text; its line breaks are nodes here."""
    own = [node(_MARKS[mark["type"]]) for mark in one.get("marks") or [] if mark["type"] in _MARKS]
    for place, line in enumerate(str(one.get("value") or "").split("\n")):
        if place:
            yield node("hardBreak")
        if line:
            yield text_node(line, ordered([*marks, *own]))
