"""What is shown of a row for a reader's ``fields`` and ``include``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..world import Values
from .resources import FIELDS, Link, Tenant, names_of

#: What is shown of a row: each field, and each relation with what is shown of its rows.
Tree = dict[str, Any]


def chosen(kind: str, tenant: Tenant, fields: Sequence[str] | None, include: Sequence[str]) -> Tree:
    """What ``fields`` and ``include`` ask for: of include, each relation on the way whole."""
    paths = [path.split(".") for path in fields or ()]
    for path in include:
        names = path.split(".")
        paths += [names[: length + 1] for length in range(len(names))]
    return _level(kind, tenant, paths, whole=fields is None)


def _level(kind: str, tenant: Tenant, paths: Sequence[list[str]], *, whole: bool) -> Tree:
    """What paths ask for at one level; ``whole``: and all that is shown unasked.

    Paths into a relation that is shown unasked say what of it is.
    """
    tree: Tree = {}
    whole = whole or ["*"] in paths
    for name in names_of(kind, tenant):
        found = FIELDS[kind][name]
        named = [path[1:] for path in paths if path[0] == name]
        if not isinstance(found, Link):
            if named or whole:
                tree[name] = None
        elif named or (whole and found.default):
            deeper = [path for path in named if path]
            tree[name] = _level(found.kind, tenant, deeper, whole=[] in named or not deeper)
    return tree


def rendered(
    kind: str, tenant: Tenant, row: Values, tree: Tree, locales: Sequence[str] = ()
) -> Values:
    """A row on the wire."""
    answer: Values = {}
    for name in names_of(kind, tenant):
        if name not in tree:
            continue
        found = FIELDS[kind][name]
        if not isinstance(found, Link):
            answer[name] = found(tenant, row, locales)
            continue
        rows = found.rows(tenant, row)
        shown = [rendered(found.kind, tenant, one, tree[name], locales) for one in rows]
        answer[name] = shown if found.many else shown[0] if shown else None
    return answer
