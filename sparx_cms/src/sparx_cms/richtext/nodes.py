"""The nodes and marks that rich text consists of, and what may be inside of what.

The tree is the one that ProseMirror and its editors keep: ``{"type", "attrs"?, "content"?}`` and,
at the ends, ``{"type": "text", "text", "marks"?: [{"type", "attrs"?}]}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sparx_cms.richtext.attributes import (
    PROVIDERS,
    VARIANTS,
    Attribute,
    choice,
    embed_url,
    image_url,
    language,
    link_url,
    row_id,
    text,
    whole,
)

Node = dict[str, Any]
Tree = dict[str, Any]

DOCUMENT, TEXT = "doc", "text"
INLINE = frozenset({TEXT, "hardBreak", "reference"})
BLOCKS = frozenset(
    {
        *("paragraph", "heading", "bulletList", "orderedList", "blockquote", "codeBlock"),
        *("horizontalRule", "table", "callout", "embed", "image", "embeddedEntry"),
    }
)
CELLS = frozenset({"tableHeader", "tableCell"})


@dataclass(frozen=True)
class Kind:
    """What a node holds, None if nothing; and the attributes of a node or mark.

    Of the attributes in ``one_of`` a node has exactly one.
    """

    content: frozenset[str] | None = None
    attrs: Mapping[str, Attribute] = field(default_factory=dict)
    minimum: int = 0
    marked: bool = True
    one_of: tuple[str, ...] = ()


_SPAN = {
    "colspan": Attribute(whole(1, 100), default=1),
    "rowspan": Attribute(whole(1, 1000), default=1),
}
_TITLE = Attribute(text(500))
_ENTRY = {"entryId": Attribute(row_id, required=True), "label": Attribute(text(500))}

KINDS: Mapping[str, Kind] = {
    DOCUMENT: Kind(BLOCKS),
    "paragraph": Kind(INLINE),
    "heading": Kind(INLINE, {"level": Attribute(whole(1, 6), required=True)}),
    "bulletList": Kind(frozenset({"listItem"}), minimum=1),
    "orderedList": Kind(
        frozenset({"listItem"}), {"start": Attribute(whole(0, 999_999_999), default=1)}, minimum=1
    ),
    "listItem": Kind(BLOCKS),
    "blockquote": Kind(BLOCKS),
    "codeBlock": Kind(frozenset({TEXT}), {"language": Attribute(language)}, marked=False),
    "horizontalRule": Kind(),
    "hardBreak": Kind(),
    "table": Kind(frozenset({"tableRow"}), minimum=1),
    "tableRow": Kind(CELLS, minimum=1),
    "tableHeader": Kind(BLOCKS, _SPAN),
    "tableCell": Kind(BLOCKS, _SPAN),
    "callout": Kind(BLOCKS, {"variant": Attribute(choice(*VARIANTS), required=True)}),
    "embed": Kind(
        None,
        {
            "provider": Attribute(choice(*PROVIDERS)),
            "url": Attribute(embed_url, required=True),
        },
    ),
    "image": Kind(
        None,
        {
            "assetId": Attribute(row_id),
            "src": Attribute(image_url),
            "alt": Attribute(text(1000)),
            "title": _TITLE,
            "caption": Attribute(text(2000)),
        },
        one_of=("assetId", "src"),
    ),
    "reference": Kind(None, _ENTRY),
    "embeddedEntry": Kind(None, _ENTRY),
}

MARKS: Mapping[str, Kind] = {
    "link": Kind(
        attrs={
            "href": Attribute(link_url),
            "entryId": Attribute(row_id),
            "assetId": Attribute(row_id),
            "title": _TITLE,
            "target": Attribute(choice("_self", "_blank"), default="_self"),
        },
        one_of=("href", "entryId", "assetId"),
    ),
    "bold": Kind(),
    "italic": Kind(),
    "underline": Kind(),
    "strike": Kind(),
    "subscript": Kind(),
    "superscript": Kind(),
    "code": Kind(),
}
#: From the outside inwards, as marks are stored and shown.
MARK_ORDER = tuple(MARKS)


def node(kind: str, content: list[Node] | None = None, /, **attrs: object) -> Node:
    """A node; attributes that are None are left out."""
    made: Node = {"type": kind}
    if given := {name: value for name, value in attrs.items() if value is not None}:
        made["attrs"] = given
    if content is not None:
        made["content"] = content
    return made


def text_node(value: str, marks: list[Node]) -> Node:
    made: Node = {"type": TEXT, "text": value}
    if marks:
        made["marks"] = marks
    return made


def document(content: list[Node]) -> Tree:
    return node(DOCUMENT, content)


def children(one: Node) -> list[Node]:
    found: list[Node] = one.get("content") or []
    return found


def attrs_of(one: Node) -> dict[str, Any]:
    found: dict[str, Any] = one.get("attrs") or {}
    return found
