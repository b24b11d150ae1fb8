"""Inline nodes and blocks as they come from HTML and Markdown, put into the order of a tree."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sparx_cms.richtext.nodes import INLINE, MARK_ORDER, TEXT, Node, node, text_node

_SPACE = re.compile(r"[ \t\n\r\f]+")


def plain(text: str) -> str:
    """Text on one line, without the white space around it."""
    return _SPACE.sub(" ", text).strip(" ")


def grouped(flow: Iterable[Node]) -> list[Node]:
    """Blocks: runs of inline nodes between them become paragraphs, if anything is in them."""
    blocks: list[Node] = []
    run: list[Node] = []
    for one in flow:
        if one["type"] in INLINE:
            run.append(one)
            continue
        blocks.extend(_paragraph(run))
        blocks.append(one)
        run = []
    return [*blocks, *_paragraph(run)]


def _paragraph(run: list[Node]) -> list[Node]:
    inside = line(run)
    return [node("paragraph", inside)] if inside else []


def line(run: Iterable[Node]) -> list[Node]:
    """Inline nodes as a browser shows them: white space is one space, and none at the ends;
    neighbours with the same marks are one, and a break at the end is none.
    """
    found: list[Node] = []
    for one in run:
        if one["type"] != TEXT:
            if one["type"] == "hardBreak":
                _strip_end(found)
            if one["type"] != "hardBreak" or found:
                found.append(one)
            continue
        text = _SPACE.sub(" ", one["text"])
        if _ends_blank(found):
            text = text.removeprefix(" ")
        marks = ordered(one.get("marks") or [])
        if text and found and found[-1]["type"] == TEXT and (found[-1].get("marks") or []) == marks:
            found[-1] = text_node(found[-1]["text"] + text, marks)
        elif text:
            found.append(text_node(text, marks))
    while found and (found[-1]["type"] == "hardBreak" or found[-1].get("text", "").endswith(" ")):
        _strip_end(found)
        if found and found[-1]["type"] == "hardBreak":
            found.pop()
    return found


def ordered(marks: list[Node]) -> list[Node]:
    """Marks from the outside inwards."""
    return sorted(marks, key=lambda mark: MARK_ORDER.index(mark["type"]))


def _ends_blank(found: list[Node]) -> bool:
    if not found or found[-1]["type"] == "hardBreak":
        return True
    return str(found[-1].get("text", "")).endswith(" ")


def _strip_end(found: list[Node]) -> None:
    if found and found[-1]["type"] == TEXT:
        text = found[-1]["text"].rstrip(" ")
        if text:
            found[-1] = {**found[-1], "text": text}
        else:
            found.pop()
