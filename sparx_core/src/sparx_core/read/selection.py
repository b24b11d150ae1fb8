"""Selections: which fields and relations of a resource a reader wants to see."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparx_core.read.kinds import Lens
    from sparx_core.read.portion import As, Portion
    from sparx_core.read.view import Relation, Shown, View, Views

#: Relations on the way from the resource to a field, and paths in one parameter, at most.
MAX_DEPTH, MAX_PATHS = 4, 100
#: Rows that the limits of the relations in a request may add up to, for one page.
MAX_RELATED_ROWS = 50_000


class BadSelection(Exception):
    """A path that leads nowhere or too far; the text says so."""


@dataclass(frozen=True)
class Selection:
    """What is shown of a row: wire names in order, each relation with a selection of its own.

    Hashable, and equal for requests that ask for the same in other words: it is a part of the
    key under which the compiled statement is kept.

    ``shown`` says how each entry is shown, where that is not under its own name; ``portion`` which
    rows of a relation are, if not those that its declaration says. ``type_name`` is what an entry
    ``__typename`` tells. ``lens`` is how rows of kinds that tenants declare are looked at.
    """

    entries: tuple[tuple[str, Selection | None], ...]
    shown: tuple[As, ...] = ()
    portion: Portion | None = None
    type_name: str = ""
    lens: Lens | None = None

    @property
    def slots(self) -> dict[Hashable, Any]:
        """The parameters of its SQL."""
        values: dict[Hashable, Any] = {} if self.lens is None else dict(self.lens.slots)
        for _, nested in self.entries:
            if nested is not None:
                values |= nested.slots
        return values if self.portion is None else values | dict(self.portion.slots)

    def relations(self, view: View, views: Views) -> Iterator[tuple[Relation, Selection, View]]:
        """The relations that are shown, at any depth."""
        for name, nested in self.entries:
            if nested is not None:
                relation = view.relations[name]
                within = views.related(relation)
                yield relation, nested, within
                yield from nested.relations(within, views)

    def scopes(self, view: View, views: Views) -> frozenset[str]:
        """The scopes that a key needs, beside the resource's own, to see it."""
        related = frozenset(
            relation.resource.read_scope
            for relation, _, _ in self.relations(view, views)
            if relation.resource is not None
        )
        return related if self.lens is None else related | self.lens.scopes


@dataclass
class _Paths:
    """The paths of a request as a tree: names at each level; ``*`` is all that is shown unasked,
    ``**`` all that there is, but no other resources.
    """

    everything: bool = False
    detail: bool = False
    entirely: bool = False
    names: set[str] = field(default_factory=set)
    within: dict[str, _Paths] = field(default_factory=dict)

    def shows(self, one: Shown | Relation) -> bool:
        """Whether a field or relation is shown that is not named."""
        if self.entirely and (one.part):
            return True
        return self.everything and (one.default or (self.detail and one.detail))

    def add(self, path: str, *, whole: bool = False) -> None:
        head, dot, rest = path.partition(".")
        if dot:
            nested = self.within.setdefault(head, _Paths())
            nested.everything = nested.everything or whole
            nested.add(rest, whole=whole)
        elif head in {"*", "**"}:
            self.everything = True
            self.entirely = self.entirely or head == "**"
        elif whole:
            self.within.setdefault(head, _Paths()).everything = True
        else:
            self.names.add(head)


def select(
    view: View,
    views: Views,
    fields: Sequence[str] | None = None,
    include: Sequence[str] = (),
    *,
    detail: bool = False,
) -> Selection:
    """The selection of ``fields``, dotted paths, with the relations of ``include`` added whole.

    Without ``fields`` everything that is shown unasked is, with the ``detail`` that one row has.
    ``*`` stands for what lists show unasked, ``**`` for every field, at any level; the name of a
    relation for all of it. Raises ``BadSelection``.
    """
    if max(len(fields or ()), len(include)) > MAX_PATHS:
        raise BadSelection(f"More than {MAX_PATHS} paths.")
    paths = _Paths(everything=fields is None, detail=fields is None and detail)
    for path in fields or ():
        paths.add(path)
    for path in include:
        if path.endswith("*"):
            raise BadSelection("* stands for fields, and not for relations.")
        paths.add(path, whole=True)
    return _resolve(paths, view, views, "", 0)


def _resolve(paths: _Paths, view: View, views: Views, prefix: str, depth: int) -> Selection:
    for name in (*paths.names, *paths.within):
        if name not in view.names:
            raise BadSelection(f"There is no {(prefix + name)[:64]!r}.")
        if name in paths.within and name not in view.relations:
            raise BadSelection(f"{(prefix + name)[:64]!r} has no fields and is no relation.")
    entries: list[tuple[str, Selection | None]] = []
    for name in view.names:
        relation = view.relations.get(name)
        if relation is None:
            if name in paths.names or paths.shows(view.fields[name]):
                entries.append((name, None))
            continue
        nested = paths.within.get(name)
        if name in paths.names or (nested is None and paths.shows(relation)):
            nested = nested or _Paths()
            nested.everything = True
            if relation.resource is None:  # a part of what is looked at, looked at as closely
                nested.detail, nested.entirely = paths.detail, paths.entirely
        if nested is None:
            continue
        # The rows that are a part of a resource are as near as its fields.
        further = depth + (relation.resource is not None)
        if further > MAX_DEPTH:
            raise BadSelection(f"{prefix + name!r} is more than {MAX_DEPTH} relations away.")
        within = views.related(relation)
        entries.append((name, _resolve(nested, within, views, f"{prefix}{name}.", further)))
    return Selection(tuple(entries))


def related_rows(selection: Selection, view: View, views: Views, rows: int) -> int:
    """How many rows of other resources are shown with ``rows`` of this one, at most."""
    total = 0
    for name, nested in selection.entries:
        if nested is not None:
            relation = view.relations[name]
            taken = relation.limit if nested.portion is None else nested.portion.take
            found = rows * (taken or 1) if relation.resource is not None else rows
            total += found if relation.resource is not None else 0
            total += related_rows(nested, views.related(relation), views, found)
    return total
