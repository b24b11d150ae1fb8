"""Rich text as plain text: for search, previews and mails."""

from __future__ import annotations

from sparx_cms.richtext.nodes import INLINE, TEXT, Node, Tree, attrs_of, children
from sparx_cms.richtext.targets import Resolve, nothing

_CLOSE = frozenset({"bulletList", "orderedList", "listItem", "table", "tableRow"})


def to_text(tree: Tree, resolve: Resolve = nothing) -> str:
    """Its text without marks: blocks are a blank line apart, list items and rows a line."""
    return _block(tree, resolve)


def _block(one: Node, resolve: Resolve) -> str:
    kind, attrs = one["type"], attrs_of(one)
    if kind == "image":
        return str(attrs.get("caption") or attrs.get("alt") or "")
    if kind == "embed":
        return str(attrs.get("url", ""))
    if kind == "embeddedEntry":
        return _named(attrs, resolve)
    inside = children(one)
    if inside and inside[0]["type"] in INLINE:
        return "".join(_inline(child, resolve) for child in inside)
    told = [text for child in inside if (text := _block(child, resolve))]
    if kind == "tableRow":
        return "\t".join(told)
    return ("\n" if kind in _CLOSE else "\n\n").join(told)


def _inline(one: Node, resolve: Resolve) -> str:
    if one["type"] == TEXT:
        return str(one.get("text", ""))
    if one["type"] == "hardBreak":
        return "\n"
    return _named(attrs_of(one), resolve)


def _named(attrs: dict[str, str], resolve: Resolve) -> str:
    """What a reference is called: as its author says, or else as what it leads to is."""
    if label := attrs.get("label"):
        return label
    target = resolve("entry", attrs.get("entryId", ""))
    return (target.title or "") if target else ""
