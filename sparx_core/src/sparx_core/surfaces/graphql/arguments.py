"""Arguments of lists as the parameters of a query string: REST and GraphQL read the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sparx_core.custom_fields.conditions import PREFIX
from sparx_core.errors import BadRequest
from sparx_core.surfaces.graphql.inputs import CUSTOM, DESCENDING
from sparx_core.surfaces.rest.parameters import refused
from sparx_core.surfaces.rest.query import Separate

#: Arguments that are parameters of the same name.
_SAME = ("take", "skip", "cursor", "q", "trashed", "view", "locale", "format")
#: Lists of names, with commas between them in a query string.
_NAMES = ("groupBy", "sum", "avg", "min", "max", "fields", "include")


def params_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a list, an aggregate or an export; ``BadRequest`` names what is wrong."""
    params: dict[str, Any] = {
        name: text_of(name, arguments[name]) for name in _SAME if name in arguments
    }
    for name in _NAMES:
        if name in arguments:
            params[name] = _names(name, arguments[name])
    params |= where_params(arguments.get("where", {}))
    if "orderBy" in arguments:
        params["sort"] = sort_of(arguments["orderBy"])
    return params


def _names(name: str, values: list[str]) -> str:
    if not values or any("," in one for one in values):
        raise refused(name, f"{name} must be names.")
    return ",".join(values)


def where_params(where: Mapping[str, Any]) -> dict[str, Any]:
    """``{total: {gte: 100}}`` as ``{"total[gte]": "100"}``."""
    return dict(_conditions(where))


def _conditions(where: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, asked in where.items():
        if name == CUSTOM and not isinstance(asked, Mapping):
            raise refused(name, f"{name} must be an object of fields.")
        if name == CUSTOM or _holds_fields(asked):
            for key, operators in asked.items():
                yield from _operators(f"{name}.{key}", operators)
        else:
            yield from _operators(name, asked)


def _holds_fields(asked: Any) -> bool:
    """Whether it is what tenants declare: ``{words: {gte: 100}}``, and no ``{gte: 100}``."""
    return (
        isinstance(asked, Mapping)
        and bool(asked)
        and all(isinstance(one, Mapping) for one in asked.values())
    )


def _operators(name: str, asked: Any) -> Iterator[tuple[str, Any]]:
    # Without one, such as with a variable that is not there, the list would be wider than meant.
    if not isinstance(asked, Mapping) or not asked:
        raise refused(name, f"{name[:64]} must be an object with an operator: {{eq: ...}}.")
    for operator, value in asked.items():
        parameter = f"{name}[{operator}]"
        if isinstance(value, list):
            if operator not in ("in", "nin"):
                raise refused(parameter, f"{operator[:64]} is of one value.")
            yield parameter, Separate(text_of(parameter, one) for one in value)
        elif operator in ("in", "nin"):
            yield parameter, Separate([text_of(parameter, value)])
        else:
            yield parameter, text_of(parameter, value)


def text_of(name: str, value: Any) -> str:
    """A value as a query string has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str | int):
        return str(value)
    if value is None:
        raise refused(name, f"{name[:64]} must not be null: leave it out, or ask for 'exists'.")
    raise refused(name, f"{name[:64]} must be a text, a number, true or false.")


def sort_of(order: Mapping[str, Any]) -> str:
    """``{total: DESC}`` as ``-total``."""
    if len(order) != 1:
        raise refused("orderBy", "orderBy has exactly one field.")
    ((name, way),) = order.items()
    if way is None:
        raise refused("orderBy", f"{name} must be ASC or DESC.")
    if name == CUSTOM and isinstance(way, Mapping):
        name, way = f"{PREFIX}{way['key']}", way.get("direction")
    if isinstance(way, Mapping):
        inner = sort_of(way)
        return f"-{name}.{inner[1:]}" if inner[0] == "-" else f"{name}.{inner}"
    return f"-{name}" if way == DESCENDING else name


def query_params(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that an operation declares itself."""
    params = {}
    for name, value in arguments.items():
        if isinstance(value, list):
            texts = [text_of(name, one) for one in value]
            if any("," in one for one in texts):
                raise BadRequest(f"{name} must not have commas.", details={"parameter": name})
            params[name] = ",".join(texts)
        else:
            params[name] = text_of(name, value)
    return params
