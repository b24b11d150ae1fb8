"""Docstrings as Markdown: what is published of the words that authors write."""

from __future__ import annotations

import re

_PARAGRAPHS = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"(])")
_ROLE = re.compile(r":[a-z:]+:`~?([^`]*)`")


def markdown(docstring: str) -> str:
    """Paragraphs with ``code`` in single backticks; each is one line."""
    text = _ROLE.sub(r"`\1`", docstring.replace("``", "`"))
    paragraphs = (" ".join(part.split()) for part in _PARAGRAPHS.split(text.strip()))
    return "\n\n".join(part for part in paragraphs if part)


def first_sentence(docstring: str) -> str:
    """What a docstring says first, as one line of Markdown."""
    return _SENTENCE.split(markdown(docstring).partition("\n\n")[0])[0]
