"""The paths that ``fields`` and ``include`` take, as regular expressions."""

from __future__ import annotations

from sparx_core.read.selection import MAX_DEPTH
from sparx_core.read.view import Relation, View, Views

#: Characters of a pattern. Further relations are left open in it, and looked at by the API.
MAX_PATTERN = 2_000

_ANY = r"[A-Za-z0-9*]+(?:\.[A-Za-z0-9*]+)*"


def field_paths(view: View, views: Views) -> str:
    """What ``fields`` may name: fields, ``*``, relations, and the same of what they lead to."""
    return _bounded(view, views, with_fields=True)


def relation_paths(view: View, views: Views) -> str:
    """What ``include`` may name."""
    return _bounded(view, views, with_fields=False)


def _bounded(view: View, views: Views, *, with_fields: bool) -> str:
    """The most exact pattern that is not too long."""
    best = ""
    # From the shortest up: the number of paths multiplies with every relation that is followed.
    for exact in range(1, MAX_DEPTH + 1):
        found = f"^{_paths(view, views, 0, exact, with_fields=with_fields)}$"
        if best and (found == best or len(found) > MAX_PATTERN):
            break
        best = found
    return best


def _paths(view: View, views: Views, depth: int, exact: int, *, with_fields: bool) -> str:
    """``depth`` relations away from the resource; beyond ``exact`` anything is a path."""
    names = ["\\*", *(name for name in view.names if name not in view.relations)]
    found = names if with_fields else []
    for name, relation in view.relations.items():
        further = depth + _is_resource(relation)
        if further > MAX_DEPTH:
            continue
        if further > exact:
            found.append(f"{name}(?:\\.{_ANY})?")
            continue
        within = views.related(relation)
        rest = _paths(within, views, further, exact, with_fields=with_fields)
        found.append(f"{name}(?:\\.{rest})?" if rest else name)
    return f"(?:{'|'.join(found)})" if found else ""


def _is_resource(relation: Relation) -> bool:
    """Rows that are a part of a resource are as near as its fields."""
    return relation.resource is not None
