"""Texts that stand in paths: made of titles, and told from other texts."""

from __future__ import annotations

import unicodedata

MAX_SLUG = 255
_SEPARATORS = frozenset("-_.~")
#: Letters that are no other letter with a mark, as people write them without a keyboard for them.
_SPELLED = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
)


def slugify(text: str) -> str:
    """``Crème brûlée, twice!`` as ``creme-brulee-twice``; empty if nothing can be read in it.

    Latin letters lose their marks; those of other scripts stay as they are.
    """
    plain = "".join(map(_plain, unicodedata.normalize("NFC", text).lower().translate(_SPELLED)))
    words = "".join(one if _is_of_word(one) else " " for one in plain).split()
    return "-".join(words)[:MAX_SLUG].rstrip("-")


def is_slug(text: str) -> bool:
    """Whether words of small letters and digits are joined by single ``-``, ``_``, ``.``, ``~``."""
    if text != text.lower() or text != unicodedata.normalize("NFC", text):
        return False
    joined = "".join("-" if one in _SEPARATORS else one for one in text)
    return all(map(_is_word, joined.split("-")))


def _plain(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if base.isascii() and base.isalnum() else letter


def _is_word(text: str) -> bool:
    return bool(text) and all(map(_is_of_word, text))


def _is_of_word(one: str) -> bool:
    return unicodedata.category(one)[0] in "LNM"
