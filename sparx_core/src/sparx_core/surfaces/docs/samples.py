"""Requests as somebody would paste them into a terminal, and JSON in colours."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sparx_core.surfaces.docs.html import Html, element

Paint = Callable[[str, str], str]

#: Characters up to which a list or an object stays on one line.
_SHORT = 52


def curl(method: str, path: str, body: Any = None, *, key: bool = True) -> str:
    """The command for a request; ``$SPARX`` and ``$KEY`` are as the overview says."""
    lines = [f'curl "$SPARX{path}"']
    if method not in ("GET", "POST") or (method == "POST" and body is None):
        lines[0] += f" -X {method}"
    if key:
        lines.append('-H "Authorization: Bearer $KEY"')
    if body is not None:
        lines.append('-H "Content-Type: application/json"')
        text = plain(body).replace("\n", "\n  ").replace("'", "'\\''")
        lines.append(f"-d '{text}'")
    return " \\\n  ".join(lines)


def example_path(path: str, parameters: list[Mapping[str, Any]]) -> str:
    """A path with the example values of its parameters."""
    for one in parameters:
        if one["in"] == "path":
            examples = one["schema"].get("examples", [one["name"].upper()])
            path = path.replace(f"{{{one['name']}}}", str(examples[0]))
    return path


def plain(value: Any) -> str:
    """JSON for people, amounts with all their digits."""
    return _rendered(value, "", _uncoloured)


def coloured(value: Any) -> Html:
    """The same, with each kind of value in an element of its own."""
    return Html(_rendered(value, "", _coloured))


def _uncoloured(kind: str, text: str) -> str:
    return text


def _coloured(kind: str, text: str) -> str:
    return element("span", text, class_=kind)


def _rendered(value: Any, indent: str, paint: Paint) -> str:
    if isinstance(value, dict):
        pairs = [
            f"{paint('k', _quoted(name))}: {_rendered(one, indent + '  ', paint)}"
            for name, one in value.items()
        ]
        return _bracketed("{", pairs, "}", indent, _length(value))
    if isinstance(value, list):
        entries = [_rendered(one, indent + "  ", paint) for one in value]
        return _bracketed("[", entries, "]", indent, _length(value))
    if isinstance(value, str):
        return paint("s", _quoted(value))
    if isinstance(value, bool) or value is None:
        return paint("l", json.dumps(value))
    return paint("n", format(value, "f") if isinstance(value, Decimal) else str(value))


def _bracketed(opening: str, parts: list[str], closing: str, indent: str, length: int) -> str:
    if not parts:
        return opening + closing
    if len(indent) + length <= _SHORT:
        space = " " if opening == "{" else ""
        return f"{opening}{space}{', '.join(parts)}{space}{closing}"
    inside = f",\n{indent}  ".join(parts)
    return f"{opening}\n{indent}  {inside}\n{indent}{closing}"


def _length(value: Any) -> int:
    """Characters of a value on one line; more than fits if something large is inside."""
    nested = value.values() if isinstance(value, dict) else value
    if any(isinstance(one, dict | list) and one and isinstance(value, dict) for one in nested):
        return _SHORT + 1
    return len(json.dumps(value, default=str))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def sample(title: str, content: str | Html) -> Html:
    """A block of code under a title."""
    return element(
        "figure",
        element("figcaption", title),
        element("pre", element("code", content), tabindex="0"),
        class_="sample",
    )


def answer_sample(status: str, value: Any) -> Html:
    return sample(f"Answer {status}", coloured(value))
