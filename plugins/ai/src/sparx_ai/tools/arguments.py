"""The arguments of a call: each is taken as what it has to be, and what is left over is refused."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sparx_core import BadRequest
from sparx_core.surface import Separate

#: Names in a list of names.
_MOST = 200
_MULTIPLE = frozenset({"in", "nin"})


class Arguments:
    """Arguments as the client sent them. Null is the same as absent."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = {name: one for name, one in given.items() if one is not None}
        self._left = set(self._given)

    def text(self, name: str) -> str | None:
        found: str | None = self._take(name, str, "text")
        return found

    def flag(self, name: str) -> bool:
        return bool(self._take(name, bool, "true or false"))

    def object(self, name: str) -> dict[str, Any]:
        return self._take(name, dict, "an object") or {}

    def value(self, name: str) -> Any:
        """Whatever was sent under a name, None if nothing was."""
        self._left.discard(name)
        return self._given.get(name)

    def whole(self, name: str, minimum: int, maximum: int) -> int | None:
        found = self.value(name)
        if found is None:
            return None
        number = isinstance(found, int | Decimal) and not isinstance(found, bool)
        if not number or found != int(found) or not minimum <= found <= maximum:
            raise refused(name, f"{name} must be a whole number from {minimum} to {maximum}.")
        return int(found)

    def names(self, name: str) -> list[str]:
        """A list of names; a single one may stand by itself, with commas between several."""
        found = self.value(name)
        if found is None:
            return []
        listed = found.split(",") if isinstance(found, str) else found
        if not isinstance(listed, list) or len(listed) > _MOST:
            raise refused(name, f"{name} must be a list of at most {_MOST} names.")
        if not all(isinstance(one, str) and one and "," not in one for one in listed):
            raise refused(name, f"{name} must be a list of names.")
        return listed

    def finish(self) -> None:
        """Refuse what nobody asked for: a misspelled argument must not be ignored."""
        for name in sorted(self._left):
            raise refused(name, f"There is no argument {name[:64]!r}.")

    def _take(self, name: str, kind: type[Any], told: str) -> Any:
        found = self.value(name)
        if found is not None and not isinstance(found, kind):
            raise refused(name, f"{name} must be {told}.")
        return found


def refused(argument: str, message: str) -> BadRequest:
    return BadRequest(message, details={"argument": argument[:64]})


def as_params(where: Mapping[str, Any]) -> dict[str, Any]:
    """Conditions as a query string has them: ``{"total": {"gte": 5}}`` is ``total[gte]=5``."""
    params: dict[str, Any] = {}
    for name, asked in where.items():
        if not isinstance(asked, dict):
            operators = {"in" if isinstance(asked, list) else "eq": asked}
        else:
            operators = asked
        for operator, value in operators.items():
            key = name if operator == "eq" else f"{name}[{operator}]"
            params[key] = _as_param(name, operator, value)
    return params


def _as_param(name: str, operator: str, value: Any) -> Any:
    if isinstance(value, list):
        if operator not in _MULTIPLE:
            raise refused("where", f"{name}: only in and nin take a list.")
        return Separate(_as_text(name, one) for one in value)
    return _as_text(name, value)


def plain_params(query: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as a query string has them: lists with commas between their values."""
    return {
        name: ",".join(_as_text(name, one) for one in value)
        if isinstance(value, list)
        else _as_text(name, value)
        for name, value in query.items()
        if value is not None
    }


def _as_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str | int):
        return str(value)
    raise refused("where", f"{name[:64]} must be compared with text, a number, true or false.")
