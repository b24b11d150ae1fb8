"""What is shown of a row for a reader's ``fields`` and ``include``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..world import Values
from .resources import FIELDS, Link, Tenant, names_of

#: What is shown of a row: each field, and each relation with what is shown of its rows.
Tree = dict[str, Any]


def unasked(kind: str, tenant: Tenant) -> Tree:
    """All that is shown of a row without a word."""
    tree: Tree = {}
    for name in names_of(kind, tenant):
        found = FIELDS[kind][name]
        if not isinstance(found, Link):
            tree[name] = None
        elif found.default:
            tree[name] = unasked(found.kind, tenant)
    return tree


def chosen(kind: str, tenant: Tenant, fields: Sequence[str] | None, include: Sequence[str]) -> Tree:
    """What ``fields`` and ``include`` ask for."""
    tree = unasked(kind, tenant) if fields is None else {}
    for path in fields or ():
        _add(tree, kind, tenant, path.split("."))
    for path in include:
        _include(tree, kind, tenant, path.split("."))
    return tree


def _add(tree: Tree, kind: str, tenant: Tenant, path: list[str]) -> None:
    head, *rest = path
    if head == "*":
        tree.update(_merged(tree, unasked(kind, tenant)))
        return
    found = FIELDS[kind][head]
    if not isinstance(found, Link):
        tree[head] = None
    elif rest:
        _add(tree.setdefault(head, {}), found.kind, tenant, rest)
    else:
        tree[head] = _merged(tree.get(head, {}), unasked(found.kind, tenant))


def _include(tree: Tree, kind: str, tenant: Tenant, path: list[str]) -> None:
    head, *rest = path
    found = FIELDS[kind][head]
    assert isinstance(found, Link)
    tree[head] = _merged(tree.get(head, {}), unasked(found.kind, tenant))
    if rest:
        _include(tree[head], found.kind, tenant, rest)


def _merged(one: Tree, other: Tree) -> Tree:
    found = {**one, **other}
    for name in one.keys() & other.keys():
        if found[name] is not None:
            found[name] = _merged(one[name], other[name])
    return found


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
