"""Rich text as HTML: tags and attributes are ours, everything of the author is escaped.

The HTML carries in ``data-`` attributes what it needs to be read back into the same tree. What is
embedded is a link: whether a visitor's browser asks another company's server is up to the site.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import groupby
from typing import Any

from sparx_cms.richtext.nodes import INLINE, Node, Tree, attrs_of, children
from sparx_cms.richtext.targets import Resolve, Target, nothing
from sparx_cms.richtext.urls import IMAGE_SCHEMES, is_safe

#: The elements of nodes that are nothing but a box around their content.
_BOXES = {
    "paragraph": "p",
    "bulletList": "ul",
    "listItem": "li",
    "blockquote": "blockquote",
    "tableRow": "tr",
}
_MARKS = {
    "bold": "strong",
    "italic": "em",
    "underline": "u",
    "strike": "s",
    "subscript": "sub",
    "superscript": "sup",
    "code": "code",
}
_Attributes = dict[str, Any]


def to_html(tree: Tree, resolve: Resolve = nothing) -> str:
    """A fragment to put into a page as it is.

    What ``resolve`` does not know keeps its place and its label, and leads nowhere.
    """
    return _Page(resolve).content(tree)


def _element(name: str, attributes: _Attributes, content: str | None = None) -> str:
    """An element; attributes that are None are left out, and without content it has no end."""
    told = "".join(
        f' {attribute}="{escape(str(value))}"'
        for attribute, value in attributes.items()
        if value is not None
    )
    return f"<{name}{told}>" if content is None else f"<{name}{told}>{content}</{name}>"


class _Page:
    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve

    def content(self, one: Node) -> str:
        inside = children(one)
        if inside and inside[0]["type"] in INLINE:
            return self._line(inside)
        return "".join(self._block(child) for child in inside)

    def _block(self, one: Node) -> str:
        kind, attrs = one["type"], attrs_of(one)
        if kind in _BOXES:
            return _element(_BOXES[kind], {}, self.content(one))
        if kind == "heading":
            level = attrs.get("level")
            return _element(f"h{level if level in range(1, 7) else 2}", {}, self.content(one))
        if kind == "orderedList":
            return _element("ol", {"start": attrs.get("start")}, self.content(one))
        if kind == "codeBlock":
            return _code(one)
        if kind == "horizontalRule":
            return "<hr>"
        if kind == "table":
            return f"<table><tbody>{self.content(one)}</tbody></table>"
        if kind in ("tableHeader", "tableCell"):
            name = "th" if kind == "tableHeader" else "td"
            return _element(name, attrs, self.content(one))
        if kind == "callout":
            return _element("aside", {"data-callout": attrs.get("variant")}, self.content(one))
        return self._leaf(kind, attrs)

    def _leaf(self, kind: str, attrs: _Attributes) -> str:
        if kind == "image":
            return self._image(attrs)
        if kind == "embed":
            url = attrs.get("url")
            link = _element("a", {"href": url if is_safe(url) else None}, escape(str(url)))
            return _element("figure", {"data-embed": attrs.get("provider")}, link)
        if kind == "embeddedEntry":
            return self._reference("div", attrs)
        return ""  # a node of a later release, which this one cannot show

    def _image(self, attrs: _Attributes) -> str:
        asset = attrs.get("assetId")
        target = (self.resolve("asset", asset) if asset else None) or Target()
        source = attrs.get("src") or target.url
        shown = ""
        if is_safe(source, IMAGE_SCHEMES):
            described = {
                "src": source,
                "alt": attrs.get("alt", target.alt or ""),
                "title": attrs.get("title"),
                "width": target.width,
                "height": target.height,
                "loading": "lazy",
            }
            shown = _element("img", described)
        if caption := attrs.get("caption"):
            shown += _element("figcaption", {}, escape(caption))
        return _element("figure", {"data-asset": asset}, shown)

    def _reference(self, name: str, attrs: _Attributes) -> str:
        entry, label = attrs.get("entryId"), attrs.get("label")
        target = self.resolve("entry", str(entry)) or Target()
        shown = escape(label or target.title or "")
        if is_safe(target.url):
            shown = _element("a", {"href": target.url}, shown)
        return _element(name, {"data-entry": entry, "data-label": label}, shown)

    def _line(self, inline: Iterable[Node]) -> str:
        """Inline nodes; neighbours with the same link are one link."""
        return "".join(
            self._linked(link, "".join(self._inline(one) for one in run))
            for link, run in groupby(inline, key=_link_of)
        )

    def _inline(self, one: Node) -> str:
        if one["type"] == "hardBreak":
            return "<br>"
        if one["type"] == "reference":
            return self._reference("span", attrs_of(one))
        shown = escape(one.get("text", ""), quote=False)
        for mark in reversed(one.get("marks") or []):
            if mark["type"] in _MARKS:
                shown = _element(_MARKS[mark["type"]], {}, shown)
        return shown

    def _linked(self, link: _Attributes | None, shown: str) -> str:
        if link is None:
            return shown
        entry, asset, url = link.get("entryId"), link.get("assetId"), link.get("href")
        if entry or asset:
            target = self.resolve("entry" if entry else "asset", str(entry or asset))
            url = target.url if target else None
        away = link.get("target") == "_blank"
        attributes = {
            "href": url if is_safe(url) else None,
            "title": link.get("title"),
            "target": "_blank" if away else None,
            "rel": "noopener noreferrer" if away else None,
            "data-entry": entry,
            "data-asset": asset,
        }
        return _element("a", attributes, shown)


def _link_of(one: Node) -> _Attributes | None:
    for mark in one.get("marks") or []:
        if mark["type"] == "link":
            return attrs_of(mark)
    return None


def _code(one: Node) -> str:
    text = "".join(escape(child.get("text", ""), quote=False) for child in children(one))
    language = attrs_of(one).get("language")
    named = {"class": f"language-{language}" if language else None}
    return f"<pre>{_element('code', named, text)}</pre>"
