"""What a tree refers to, wherever in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sparx_cms.richtext.nodes import Node, Tree, attrs_of, children


class References(NamedTuple):
    """The ids of entries and assets that a tree refers to, each once, in the order of the text."""

    entries: list[str]
    assets: list[str]


def references(tree: Tree) -> References:
    """The entries and assets of references, embedded entries, images and links."""
    found = [attrs_of(holder) for holder in _holders(tree)]
    return References(
        list(dict.fromkeys(attrs["entryId"] for attrs in found if attrs.get("entryId"))),
        list(dict.fromkeys(attrs["assetId"] for attrs in found if attrs.get("assetId"))),
    )


def _holders(one: Node) -> Iterator[Node]:
    """A node, its marks, and those inside of it."""
    yield one
    yield from one.get("marks") or []
    for child in children(one):
        yield from _holders(child)
