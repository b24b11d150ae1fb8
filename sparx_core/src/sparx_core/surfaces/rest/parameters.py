"""The parameters of a request: each known, given once, and of its form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Protocol, TypeVar

from marshmallow import ValidationError, fields

from sparx_core.errors import BadRequest
from sparx_core.operations import Values
from sparx_core.read.filters import first_message
from sparx_core.read.operators import BadFilter, from_text
from sparx_core.schemas import ObjectSchema

Answered = TypeVar("Answered")


class Asked(Protocol):
    """What has the parameters of a query: a request, or what was kept of one."""

    @property
    def params(self) -> Mapping[str, Any]: ...


def no_parameters(request: Asked) -> None:
    """Refuse any query parameter of an operation that has none."""
    for name, _ in parameters_of(request.params, ()):
        raise unknown(name)


def parse_query(request: Asked, schema: ObjectSchema) -> Values:
    """The parameters that an operation declares, validated; any other is a ``BadRequest``."""
    declared = {str(one.data_key): one for one in schema.load_fields.values()}
    given: Values = {}
    for name, values in parameters_of(request.params, ()):
        if name not in declared:
            raise unknown(name)
        given[name] = told_of(name, BadFilter, partial(_from_query, declared[name], values[0]))
    try:
        found: Values = schema.load(given)
    except ValidationError as error:
        name, messages = next(iter(error.messages_dict.items()))
        raise refused(name, f"{name}: {first_message(messages)}") from None
    return found


def _from_query(field: fields.Field[Any], text: str) -> Any:
    if isinstance(field, fields.List):
        return [from_text(field.inner, one) for one in text.split(",")]
    return from_text(field, text)


def told_of(name: str, problem: type[Exception], ask: Callable[[], Answered]) -> Answered:
    """What ``ask`` answers; its ``problem`` as one of the parameter ``name``."""
    try:
        return ask()
    except problem as error:
        raise refused(name, f"{name[:64]}: {error}") from None


def unknown(name: str) -> BadRequest:
    return refused(name, f"Unknown query parameter {name[:64]!r}.")


def refused(name: str, message: str) -> BadRequest:
    return BadRequest(message, details={"parameter": name[:64]})


def parameters_of(
    params: Mapping[str, Any], repeatable: Iterable[str]
) -> Iterator[tuple[str, list[str]]]:
    """Names with their values; only the ``repeatable`` operators may come more than once."""
    for name, value in params.items():
        values = value if isinstance(value, list) else [value]
        if len(values) > 1 and not name.endswith(tuple(f"[{one}]" for one in repeatable)):
            raise refused(name, f"{name[:64]} is given twice.")
        if any("\0" in one for one in values):
            raise refused(name, f"{name[:64]} contains NUL.")
        yield name, values


def flag_of(name: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise refused(name, f"{name} must be true or false.")
    return value == "true"


def number_of(name: str, value: str, minimum: int, maximum: int) -> int:
    if value.isascii() and value.isdigit() and len(value) < 10:
        number = int(value)
        if minimum <= number <= maximum:
            return number
    raise refused(name, f"{name} must be a whole number from {minimum} to {maximum}.")
