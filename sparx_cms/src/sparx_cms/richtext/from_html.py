"""HTML read into rich text: what the tree has a node for is kept, of the rest its text.

nh3 reads the HTML as browsers do and drops scripts, styles and all that is not listed here; what
comes out of it is well formed. It is not what makes the text safe: that the tree cannot hold
anything dangerous, and is escaped when it is shown, is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import nh3

from sparx_cms.richtext.attributes import embed_url, image_url, language, link_url, row_id, whole
from sparx_cms.richtext.flowing import grouped, plain
from sparx_cms.richtext.nodes import Node, Tree, document, node, text_node

_MARKS = {
    **dict.fromkeys(("strong", "b"), "bold"),
    **dict.fromkeys(("em", "i"), "italic"),
    **dict.fromkeys(("s", "del", "strike"), "strike"),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), "code"),
    "u": "underline",
    "ins": "underline",
    "sub": "subscript",
    "sup": "superscript",
}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_ATTRIBUTES = {
    "a": {"href", "title", "target", "data-entry", "data-asset"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "code": {"class"},
    "th": {"colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "aside": {"data-callout"},
    "figure": {"data-embed", "data-asset"},
    "div": {"data-entry", "data-label"},
    "span": {"data-entry", "data-label"},
}
_TAGS = {
    *_MARKS,
    *_HEADINGS,
    *_ATTRIBUTES,
    *("p", "ul", "li", "blockquote", "pre", "hr", "br", "figcaption"),
    *("table", "thead", "tbody", "tfoot", "tr", "section", "article", "dl", "dt", "dd"),
}
_BOXES = {"p", "div", "section", "article", "dl", "dt", "dd", "figcaption", "tr", "td", "th", "li"}
_EMPTY = {"hr", "br", "img"}
#: Elements deeper than this are read as if they were not there; their content is.
_DEEPEST = 80


def from_html(html: str) -> Tree:
    """The tree of an HTML fragment or page; addresses that are not safe are left out.

    It may be too large or too deep to be stored: ``validate`` says so.
    """
    cleaned = nh3.clean(
        html.replace("\0", ""),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags={"script", "style", "template", "noscript", "title", "textarea"},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )
    parser = _Parser()
    parser.feed(cleaned)
    parser.close()
    return document(grouped(_flow(parser.root, [])))


class _Element:
    def __init__(self, tag: str, attrs: dict[str, str]) -> None:
        self.tag, self.attrs = tag, attrs
        self.children: list[_Element | str] = []

    def within(self, *tags: str) -> Iterator[_Element]:
        """The elements of these tags inside of it, and not inside of one another."""
        for child in self.children:
            if isinstance(child, str):
                continue
            if child.tag in tags:
                yield child
            else:
                yield from child.within(*tags)

    @property
    def text(self) -> str:
        return "".join(one if isinstance(one, str) else one.text for one in self.children)


class _Parser(HTMLParser):
    """Makes elements of well formed HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = _Element("", {})
        self.open = [self.root]
        self.skipped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = _Element(tag, {name: value or "" for name, value in attrs})
        if tag in _EMPTY:
            self.open[-1].children.append(element)
        elif len(self.open) > _DEEPEST:
            self.skipped.append(tag)
        else:
            self.open[-1].children.append(element)
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self.skipped:
            self.skipped.pop()
        elif len(self.open) > 1 and tag not in _EMPTY:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def _flow(element: _Element, marks: list[Node]) -> Iterator[Node]:
    """What is in an element: inline nodes, and blocks between them as they come."""
    for child in element.children:
        if isinstance(child, str):
            yield text_node(child, marks)
        else:
            yield from _read(child, marks)


def _read(one: _Element, marks: list[Node]) -> Iterator[Node]:
    if one.tag in _MARKS:
        yield from _flow(one, _with(marks, node(_MARKS[one.tag])))
    elif one.tag == "a":
        link = _link(one)
        yield from _flow(one, marks if link is None else _with(marks, link))
    elif one.tag == "br":
        yield node("hardBreak")
    elif one.tag == "img":
        yield from _image(one, {})
    elif (made := _READERS.get(one.tag)) is not None:
        yield from made(one)
    elif (reference := _reference(one)) is not None:
        yield reference
    elif one.tag in _BOXES:
        yield from grouped(_flow(one, marks))
    else:
        yield from _flow(one, marks)


def _with(marks: list[Node], mark: Node) -> list[Node]:
    return [*(one for one in marks if one["type"] != mark["type"]), mark]


def _accepted(read: Callable[[object], Any], value: object) -> Any:
    """A value as an attribute has it, None if it cannot have it."""
    try:
        return read(value)
    except ValueError:
        return None


def _link(one: _Element) -> Node | None:
    entry = _accepted(row_id, one.attrs.get("data-entry"))
    asset = None if entry else _accepted(row_id, one.attrs.get("data-asset"))
    href = None if entry or asset else _accepted(link_url, _absolute(one.attrs.get("href")))
    if not (entry or asset or href):
        return None
    title = one.attrs.get("title", "")[:500] or None
    target = "_blank" if one.attrs.get("target") == "_blank" else None
    return node("link", href=href, entryId=entry, assetId=asset, title=title, target=target)


def _absolute(url: str | None) -> str | None:
    """An address without the spaces around it, and with its scheme if it has a host."""
    url = (url or "").strip()
    return f"https:{url}" if url.startswith("//") else url


def _image(one: _Element, further: dict[str, str | None]) -> Iterator[Node]:
    source = _accepted(image_url, _absolute(one.attrs.get("src")))
    if further.get("assetId"):
        source = None
    elif source is None:
        return
    alt, title = one.attrs.get("alt", "")[:1000] or None, one.attrs.get("title", "")[:500] or None
    yield node("image", src=source, alt=alt, title=title, **further)


def _reference(one: _Element) -> Node | None:
    kind = {"span": "reference", "div": "embeddedEntry"}.get(one.tag)
    entry = _accepted(row_id, one.attrs.get("data-entry"))
    if kind is None or entry is None:
        return None
    return node(kind, entryId=entry, label=one.attrs.get("data-label", "")[:500] or None)


def _figure(one: _Element) -> Iterator[Node]:
    link = next(one.within("a"), None)
    url = _accepted(embed_url, link.attrs.get("href")) if link is not None else None
    if "data-embed" in one.attrs and url is not None:
        yield node("embed", url=url)
        return
    asset = _accepted(row_id, one.attrs.get("data-asset"))
    image = next(one.within("img"), None)
    if image is None and asset is not None:
        image = _Element("img", {})
    if image is None:
        yield from grouped(_flow(one, []))
        return
    caption = next(one.within("figcaption"), None)
    told = plain(caption.text)[:2000] if caption is not None else ""
    yield from _image(image, {"assetId": asset, "caption": told or None})


def _heading(one: _Element) -> Iterator[Node]:
    level = _HEADINGS[one.tag]
    for block in grouped(_flow(one, [])):
        inline = block["type"] == "paragraph"
        yield node("heading", block["content"], level=level) if inline else block


def _list(one: _Element) -> Iterator[Node]:
    """Whatever is in a list is in one of its items."""
    items: list[Node] = []
    for child in one.children:
        if isinstance(child, _Element) and child.tag == "li":
            items.append(node("listItem", grouped(_flow(child, []))))
        elif isinstance(child, _Element) or child.strip():
            wrapper = _Element("", {})
            wrapper.children.append(child)
            if inside := grouped(_flow(wrapper, [])):
                items.append(node("listItem", inside))
    if not items:
        return
    if one.tag == "ul":
        yield node("bulletList", items)
        return
    start = one.attrs.get("start", "")
    first = _accepted(whole(0, 999_999_999), int(start)) if start.isdecimal() else None
    yield node("orderedList", items, start=None if first == 1 else first)


def _code(one: _Element) -> Iterator[Node]:
    code = next(one.within("code"), None)
    named = code.attrs.get("class", "").split() if code is not None else []
    found = [name.removeprefix("language-") for name in named if name.startswith("language-")]
    text = one.text
    content = [text_node(text, [])] if text else []
    yield node("codeBlock", content, language=_accepted(language, found[0]) if found else None)


def _table(one: _Element) -> Iterator[Node]:
    rows = [
        node("tableRow", [_cell(cell) for cell in cells])
        for row in one.within("tr")
        if (cells := list(row.within("th", "td")))
    ]
    if rows:
        yield node("table", rows)


def _cell(one: _Element) -> Node:
    spans = {
        name: _accepted(whole(2, most), int(one.attrs[name]))
        for name, most in (("colspan", 100), ("rowspan", 1000))
        if one.attrs.get(name, "").isdecimal() and len(one.attrs[name]) < 5
    }
    kind = "tableHeader" if one.tag == "th" else "tableCell"
    return node(kind, grouped(_flow(one, [])), **spans)


def _callout(one: _Element) -> Iterator[Node]:
    inside = grouped(_flow(one, []))
    variant = one.attrs.get("data-callout")
    if variant in ("info", "success", "warning", "danger"):
        yield node("callout", inside, variant=variant)
    else:
        yield from inside


_READERS: dict[str, Callable[[_Element], Iterator[Node]]] = {
    **dict.fromkeys(_HEADINGS, _heading),
    "ul": _list,
    "ol": _list,
    "pre": _code,
    "table": _table,
    "aside": _callout,
    "figure": _figure,
    "blockquote": lambda one: iter([node("blockquote", grouped(_flow(one, [])))]),
    "hr": lambda one: iter([node("horizontalRule")]),
}
