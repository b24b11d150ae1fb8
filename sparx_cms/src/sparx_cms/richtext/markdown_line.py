"""A line of rich text as Markdown: what is escaped, and where signs of emphasis can stand.

A sign of emphasis opens or closes by what is beside it (CommonMark 6.2): behind a letter and before
punctuation it does not open. There the letter is written as an entity, which counts as punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple
from unicodedata import category

from sparx_cms.richtext.flowing import line
from sparx_cms.richtext.nodes import TEXT, Node, attrs_of
from sparx_cms.richtext.targets import Resolve
from sparx_cms.richtext.urls import is_safe

_SIGNS = {"bold": "**", "italic": "*", "strike": "~~"}
_SPECIAL = re.compile(r"[\\`*_\[\]<~]|&(?=[#A-Za-z])|!$|(?:(?<=\s)|^)#")
#: What would begin a heading, a list, a quotation, a table or an underline.
_OPENING = re.compile(r"^([-+=>:|#])|^([0-9]{1,9})([.)])", re.MULTILINE)
_TICKS = re.compile(r"`+")
_ENDS = re.compile(r"( *)(.*?)( *)", re.DOTALL)
_BREAK = "\\\n"


class _Piece(NamedTuple):
    """Some text as Markdown, or a sign that opens or closes."""

    text: str
    opens: bool = False
    closes: bool = False

    @property
    def is_sign(self) -> bool:
        return self.opens or self.closes


class _Item(NamedTuple):
    text: str
    marks: list[Node]
    blank: bool = False


def escaped(text: str) -> str:
    """Text in which Markdown sees nothing but text, wherever in a line."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def inline(content: Iterable[Node], resolve: Resolve) -> str:
    """Inline nodes as lines of Markdown."""
    pieces: list[_Piece] = []
    open_marks: list[Node] = []
    for item in _items(line(content), resolve):
        kept = _shared_length(open_marks, item.marks)
        pieces += [_end(mark, resolve) for mark in reversed(open_marks[kept:])]
        pieces += [_start(mark) for mark in item.marks[kept:]]
        pieces.append(_Piece(item.text))
        open_marks = item.marks
    pieces += [_end(mark, resolve) for mark in reversed(open_marks)]
    return _OPENING.sub(_escaped_opening, _joined(pieces))


def _escaped_opening(found: re.Match[str]) -> str:
    return f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}"


def _items(content: list[Node], resolve: Resolve) -> list[_Item]:
    """The text with its marks; blanks between have those that stay open from one side to the other,
    because no sign may stand beside a blank that it should hold.
    """
    found: list[_Item] = []
    for one in content:
        found += _split(one, resolve)
    for place, item in enumerate(found):
        if item.blank:
            before = found[place - 1].marks if place else []
            after = next((one.marks for one in found[place:] if not one.blank), [])
            found[place] = item._replace(marks=before[: _shared_length(before, after)])
    return found


def _split(one: Node, resolve: Resolve) -> list[_Item]:
    if one["type"] == "hardBreak":
        return [_Item(_BREAK, [], blank=True)]
    if one["type"] != TEXT:
        return [_Item(_reference(one, resolve), [])]
    marks = one.get("marks") or []
    shown = [mark for mark in marks if mark["type"] in _SIGNS or mark["type"] == "link"]
    if any(mark["type"] == "code" for mark in marks):
        return [_Item(_code(one["text"]), shown)]
    parts = _ENDS.fullmatch(one["text"])
    assert parts is not None
    before, core, after = parts.groups()
    split = [(before, True), (escaped(core), False), (after, True)]
    return [_Item(text, [] if blank else shown, blank) for text, blank in split if text]


def _shared_length(first: list[Node], second: list[Node]) -> int:
    """How many marks are the same, from the outside."""
    pairs = enumerate(zip(first, second, strict=False))
    return next(
        (place for place, (one, other) in pairs if one != other), min(len(first), len(second))
    )


def _start(mark: Node) -> _Piece:
    if mark["type"] == "link":
        return _Piece("[")
    return _Piece(_SIGNS[mark["type"]], opens=True)


def _end(mark: Node, resolve: Resolve) -> _Piece:
    if mark["type"] != "link":
        return _Piece(_SIGNS[mark["type"]], closes=True)
    attrs = attrs_of(mark)
    url = attrs.get("href", "")
    for kind in ("entry", "asset"):
        if id := attrs.get(f"{kind}Id"):
            target = resolve(kind, id)
            url = (target.url if target else None) or f"{kind}:{id}"
            return _Piece(f"]({destination(url, attrs.get('title'))})")
    return _Piece(f"]({destination(url if is_safe(url) else '', attrs.get('title'))})")


def destination(url: str, title: str | None) -> str:
    """An address and a title, as they are between the brackets of a link."""
    url = re.sub(r"&(?=[#A-Za-z])", "&amp;", url.replace("<", "%3C").replace(">", "%3E"))
    if not url or "(" in url or ")" in url:
        url = f"<{url}>"
    told = escaped(title).replace('"', '\\"').replace("\n", " ") if title else ""
    return f'{url} "{told}"' if told else url


def _reference(one: Node, resolve: Resolve) -> str:
    attrs = attrs_of(one)
    id = str(attrs.get("entryId"))
    target = resolve("entry", id)
    label = attrs.get("label") or (target.title if target else None) or ""
    url = (target.url if target else None) or f"entry:{id}"
    return f"[{escaped(label)}]({destination(url, None)})"


def _code(text: str) -> str:
    ticks = {len(run) for run in _TICKS.findall(text)}
    fence = "`" * next(size for size in range(1, len(ticks) + 2) if size not in ticks)
    # One space at each end is taken away again, if there is anything between them.
    padded = f" {text} " if text.strip() and (text[0] in "` " or text[-1] in "` ") else text
    return f"{fence}{padded}{fence}"


def _joined(pieces: list[_Piece]) -> str:
    """The pieces in a row, with entities for the letters that would keep signs from working."""
    texts = [piece.text for piece in pieces]
    place = 0
    for sign, run in groupby(pieces, key=lambda piece: piece.text[0] if piece.is_sign else ""):
        start, place = place, place + len(list(run))
        if sign:
            _give_room(texts, start, place, pieces)
    return "".join(texts)


def _give_room(texts: list[str], start: int, end: int, pieces: list[_Piece]) -> None:
    """Let the signs from ``start`` to ``end`` open and close."""
    before = texts[start - 1] if start else ""
    after = texts[end] if end < len(texts) else ""
    opens = any(piece.opens for piece in pieces[start:end])
    closes = any(piece.closes for piece in pieces[start:end])
    if opens and before and _is_word(before[-1]) and after and not _is_word(after[0]):
        texts[start - 1] = f"{before[:-1]}&#{ord(before[-1])};"
    if closes and before and not _is_word(before[-1]) and after and _is_word(after[0]):
        texts[end] = f"&#{ord(after[0])};{after[1:]}"


def _is_word(character: str) -> bool:
    return not character.isspace() and category(character)[0] not in "PS"
