"""Rich text as Markdown: CommonMark with tables, strikethrough and GitHub's alerts.

What Markdown has no sign for, such as underlining and merged cells, is left out; its text is not.
All that means something to a Markdown reader is escaped, HTML as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sparx_cms.richtext.from_markdown import ALERTS
from sparx_cms.richtext.markdown_line import destination, escaped, inline
from sparx_cms.richtext.nodes import INLINE, Node, Tree, attrs_of, children
from sparx_cms.richtext.targets import Resolve, nothing
from sparx_cms.richtext.urls import IMAGE_SCHEMES, is_safe

_ALERT_OF = {variant: name for name, variant in ALERTS.items()}
_LISTS = frozenset({"bulletList", "orderedList"})
_FENCE = re.compile(r"`{3,}")


def to_markdown(tree: Tree, resolve: Resolve = nothing) -> str:
    """A document that reads back into the same tree, as far as Markdown goes.

    Where ``resolve`` knows nothing, entries and assets are addressed as ``entry:<id>`` and
    ``asset:<id>``.
    """
    return _Writer(resolve).blocks(children(tree))


class _Writer:
    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve

    def blocks(self, content: list[Node]) -> str:
        told: list[str] = []
        before, other = "", False
        for one in content:
            # Two lists behind one another would be one, if they had the same sign.
            changes = one["type"] == before and not other
            text = self._list(one, changes) if one["type"] in _LISTS else self._block(one)
            if text:
                before, other = one["type"], changes
                told.append(text)
        return "\n\n".join(told)

    def _inside(self, one: Node) -> str:
        content = children(one)
        if content and content[0]["type"] in INLINE:
            return self._line(content)
        return self.blocks(content)

    def _block(self, one: Node) -> str:
        kind, attrs = one["type"], attrs_of(one)
        if kind == "heading":
            text = self._line(children(one)).replace("\\\n", " ")
            return f"{'#' * int(attrs.get('level', 2))} {text}"
        if kind == "blockquote":
            return _prefixed(self._inside(one), "> ")
        if kind == "callout":
            return _prefixed(f"[!{_ALERT_OF[attrs['variant']]}]\n\n{self._inside(one)}", "> ")
        if kind == "codeBlock":
            return _code(one)
        if kind == "horizontalRule":
            return "___"
        if kind == "table":
            return self._table(one)
        if kind == "image":
            return self._image(one)
        if kind == "embed":
            return f"<{attrs.get('url')}>"
        if kind == "embeddedEntry":
            return self._line([{"type": "reference", "attrs": attrs}])
        return self._inside(one)

    def _line(self, content: Iterable[Node]) -> str:
        return inline(content, self.resolve)

    def _list(self, one: Node, other: bool) -> str:
        start = int(attrs_of(one).get("start", 1))
        items = []
        for number, item in enumerate(children(one), start):
            bullet, numbered = ("*", f"{number})") if other else ("-", f"{number}.")
            sign = bullet if one["type"] == "bulletList" else numbered
            margin = " " * (len(sign) + 1)
            items.append(sign + _prefixed(self._inside(item), margin)[len(sign) :])
        return "\n\n".join(items)

    def _table(self, one: Node) -> str:
        rows = [[self._cell(cell) for cell in children(row)] for row in children(one)]
        width = max(len(row) for row in rows)
        head = [cell["type"] for cell in children(children(one)[0])]
        if "tableHeader" not in head:
            rows.insert(0, [""] * width)
        told = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
        told.insert(1, "|" + " --- |" * width)
        return "\n".join(told)

    def _cell(self, cell: Node) -> str:
        """All of a cell on one line, which is what a table of Markdown can hold."""
        parts = []
        for block in children(cell):
            content = children(block)
            is_line = bool(content) and content[0]["type"] in INLINE
            text = self._line(content) if is_line else self._block(block)
            parts.append(re.sub(r"\\?\n", " ", text).replace("|", "\\|"))
        return " ".join(parts)

    def _image(self, one: Node) -> str:
        attrs = attrs_of(one)
        asset = attrs.get("assetId")
        target = self.resolve("asset", asset) if asset else None
        url = attrs.get("src") or (target.url if target else None) or f"asset:{asset}"
        alt = attrs.get("alt") or (target.alt if target else None) or ""
        shown = f"![{escaped(alt)}]({destination(url, attrs.get('title'))})"
        if not asset and not is_safe(url, IMAGE_SCHEMES):
            shown = ""
        caption = attrs.get("caption")
        return "\n\n".join(part for part in (shown, escaped(caption or "")) if part)


def _prefixed(text: str, prefix: str) -> str:
    lines = text.rstrip("\n").split("\n")
    return "\n".join(prefix + line if line else prefix.rstrip() for line in lines)


def _code(one: Node) -> str:
    text = "".join(child.get("text", "") for child in children(one))
    longest = max((len(run) for run in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{attrs_of(one).get('language', '')}\n{text}\n{fence}"
