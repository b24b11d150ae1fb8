"""Taking characters out of texts that people do not see and models read.

Only what is told to agents is cleaned; what is stored stays as it is.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any

#: Characters that show nothing: controls, marks of direction, spaces without width, fillers,
#: invisible operators, tags, and variation selectors beyond the two that choose how a symbol looks.
_HIDDEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ue000-\uf8ff"
    "\U000f0000-\U000ffffd\U00100000-\U0010fffd"
)
_ALWAYS = re.compile(f"[{_HIDDEN}]")
#: What joins letters of some scripts and parts of some symbols, and hides elsewhere.
_JOINERS = re.compile("[\u200c\u200d\ufe0e\ufe0f]")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SUSPICIOUS = re.compile(f"[{_HIDDEN}\u200c\u200d\ufe0e\ufe0f&]")
#: Scripts whose letters join: those of Arabic and the languages of India.
_JOINED = ((0x0600, 0x08FF), (0x0900, 0x0DFF), (0x0E80, 0x109F), (0x1780, 0x18AF))
#: Entities within entities: more than anybody writes by accident.
_ROUNDS = 5


def clean(value: Any) -> Any:
    """A value of JSON without hidden characters, those in names included."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(name): clean(one) for name, one in value.items()}
    if isinstance(value, list):
        return [clean(one) for one in value]
    return value


def clean_text(text: str) -> str:
    """A text without hidden characters, however they are written."""
    if text.isascii() and "&" not in text and text.isprintable():
        return text
    if not _SUSPICIOUS.search(text):
        return text
    for _ in range(_ROUNDS):
        found = _ENTITY.sub(_without_hidden, _visible(text))
        if found == text:
            return text
        text = found
    # Still something new in each round: nobody reads entities that are wrapped like this.
    return _ENTITY.sub("", text)


def _visible(text: str) -> str:
    shown = _ALWAYS.sub("", text)
    return _JOINERS.sub(_joins, shown)


def _joins(match: re.Match[str]) -> str:
    """The joiner where it joins something, else nothing."""
    text, place = match.string, match.start()
    before = text[place - 1] if place else ""
    after = text[place + 1] if place + 1 < len(text) else ""
    if match[0] in "\ufe0e\ufe0f":
        return match[0] if before and _is_symbol(before) else ""
    if match[0] == "\u200d" and after and _is_symbol(after):
        # A family is people with joiners; a variation selector may stand between.
        return match[0] if before and (_is_symbol(before) or before in "\ufe0e\ufe0f") else ""
    return match[0] if before and after and _is_joined(before) and _is_joined(after) else ""


def _is_symbol(character: str) -> bool:
    return unicodedata.category(character) in ("So", "Sk", "Sm") or character in "0123456789#*"


def _is_joined(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in _JOINED)


def _without_hidden(match: re.Match[str]) -> str:
    """An entity, unless it stands for something hidden, or for the beginning of an entity."""
    shown = html.unescape(match[0])
    if shown == "&":  # of &amp;#x200b; the next round sees the rest
        return "&" if _begins_entity(match) else match[0]
    if _ALWAYS.search(shown) or _JOINERS.search(shown):
        return ""
    return match[0]


def _begins_entity(match: re.Match[str]) -> bool:
    return _ENTITY.match("&" + match.string[match.end() : match.end() + 40]) is not None
