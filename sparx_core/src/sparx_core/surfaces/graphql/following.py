"""What a document asks for of rows whose kinds a tenant declares, as the parameters of REST have
it: which of their values, and which references to follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from graphql import FieldNode, get_named_type, is_composite_type

from sparx_core.errors import BadRequest
from sparx_core.read.portion import TYPE_NAME
from sparx_core.surfaces.graphql.asking import Asking
from sparx_core.surfaces.graphql.collecting import Fields
from sparx_core.surfaces.graphql.kinds import LINK

#: What is known of the row that a reference leads to, without following it.
_KNOWN = frozenset({"id", TYPE_NAME})


def kind_params(asking: Asking, type_: Any, nodes: Sequence[FieldNode]) -> dict[str, str]:
    """The parameters by which a root field is asked for that is about kinds: of one kind, and with
    the references of the selection sets of ``nodes``; none for any other.
    """
    kinds = asking.resource.kinds
    if kinds is None:
        return {}
    names = (
        (*kinds.parameters, "locale")
        if asking.operation.kind == "list"
        else (*kinds.of_gets, "locale")
    )
    found = {name: str(asking.arguments[name]) for name in names if name in asking.arguments}
    if asking.root.kind is not None and found.get("locale") in kinds.unshaped:
        told = f"locale={found['locale']} is for rows of any kind: here values have other types."
        raise BadRequest(told, details={"parameter": "locale"})
    if asking.operation.writes:
        found = {name: found[name] for name in ("locale",) if name in found}
    elif asking.root.kind is not None:
        found[next(iter(kinds.parameters))] = asking.root.kind
    paths = dict.fromkeys(
        path
        for asked in asking.fields.collect(nodes).values()
        if asked[0].name.value == kinds.holder
        for path in followed(asking.fields, type_.fields[kinds.holder], asked, kinds.holder)
    )
    if paths:
        found["include"] = ",".join(paths)
    return found


def followed(
    fields: Fields, declared: Any, nodes: Sequence[FieldNode], holder: str, prefix: str = ""
) -> Iterator[str]:
    """The paths of references that have to be followed for what is asked for inside a field."""
    type_ = get_named_type(declared.type)
    if not is_composite_type(type_):
        return
    known: Any = type_
    for asked in fields.collect(nodes).values():
        name = asked[0].name.value
        inner = known.fields.get(name)
        if inner is None:
            continue
        path = f"{prefix}{name}"
        if not inner.extensions.get(LINK):
            yield from followed(fields, inner, asked, holder, f"{path}.")
            continue
        target: Any = get_named_type(inner.type)
        wanted = fields.collect(asked)
        if any(one[0].name.value not in _KNOWN for one in wanted.values()):
            yield path
        for one in wanted.values():
            if one[0].name.value == holder:
                values = target.fields[holder]
                yield from followed(fields, values, one, holder, f"{path}.")
