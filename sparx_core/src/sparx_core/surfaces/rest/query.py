"""The query of a request: selection, page, filters. What is not known is refused, never ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from marshmallow import ValidationError, fields

from sparx_core.custom_fields.conditions import PREFIX, custom_condition, custom_ordering
from sparx_core.errors import BadRequest
from sparx_core.fields import LOCALE
from sparx_core.read.conditions import Narrowing, Search
from sparx_core.read.filters import first_message
from sparx_core.read.listing import BadSort
from sparx_core.read.operators import BadFilter, from_text
from sparx_core.read.ordering import BadCursor, Cursor, Ordering
from sparx_core.read.own import VIEW, Own
from sparx_core.read.page import DEFAULT_TAKE, MAX_SKIP, MAX_TAKE, Page
from sparx_core.read.selection import (
    MAX_DEPTH,
    MAX_RELATED_ROWS,
    BadSelection,
    Selection,
    related_rows,
    select,
)
from sparx_core.read.view import Views
from sparx_core.resources import Resource, Values
from sparx_core.schemas import ObjectSchema

MAX_SEARCH_CHARACTERS, MAX_SEARCH_WORDS = 200, 10
#: Conditions in one query, the search included.
MAX_CONDITIONS = 20
#: Parameters that say what is shown, of a list, a get or the answer to a write.
SELECTING = ("fields", "include", "locale")
#: Those of a list beside its filters.
_OF_PAGES = frozenset({"take", "skip", "sort", "cursor", *SELECTING})
#: For readers whose query names nothing that their tenant declares.
NOBODYS = Own()

Answered = TypeVar("Answered")

_FILTER = re.compile(r"(?P<name>[^\[\]]+)(\[(?P<operator>[A-Za-z]+)\])?")


@dataclass(frozen=True)
class Chosen:
    """What a request wants to see of a resource, in which languages."""

    selection: Selection
    locales: tuple[str, ...] = ()


def parse_chosen(
    request: Asked,
    resource: Resource,
    views: Views,
    unasked: Sequence[str] = (),
    *,
    detail: bool = False,
) -> Chosen:
    """What a get or a write is to answer with; any other parameter is a ``BadRequest``.

    ``unasked`` are relations that are shown where nothing is asked for, as is what belongs to the
    ``detail`` of one row.
    """
    given = dict(_parameters(request.params, ()))
    for name in given:
        if name not in SELECTING:
            raise _unknown(name)
    if unasked and not given.keys() & {"fields", "include"}:
        given["include"] = [",".join(unasked)]
    return _chosen(given, resource, views, rows=1, detail=detail)


class Separate(list[str]):
    """The values of ``in`` and ``nin`` where commas are a part of them."""


class Asked(Protocol):
    """What has the parameters of a query: a request, or what was kept of one."""

    @property
    def params(self) -> Mapping[str, Any]: ...


def parse_page(
    request: Asked,
    resource: Resource,
    views: Views,
    own: Own = NOBODYS,
    selection: Selection | None = None,
) -> Page:
    """The page that a request asks for; ``BadRequest`` names the parameter that is wrong.

    ``own`` is what the reader's tenant declares itself. A ``selection`` counts for more than the
    parameters that select.
    """
    params, told = expanded(request.params, resource, own)
    with told:
        narrowed = narrowing(params, resource, own, _OF_PAGES)
        given = narrowed.rest
        take = number_of("take", given["take"], 1, MAX_TAKE) if "take" in given else DEFAULT_TAKE
        skip = number_of("skip", given["skip"], 0, MAX_SKIP) if "skip" in given else 0
        cursor = given.get("cursor")
        if cursor is not None and skip:
            raise refused("skip", "Give cursor or skip, not both.")
        selecting = {name: [given[name]] for name in SELECTING if name in given}
        chosen = _chosen(selecting, resource, views, rows=take, selection=selection)
        ordering = _ordering(resource, own, given.get("sort"))
    return Page(
        chosen.selection,
        ordering,
        narrowed.conditions,
        None if cursor is None else _cursor(cursor, ordering),
        take,
        skip,
        chosen.locales,
        resource.counted,
        resource.visible,
        narrowed.trashed,
    )


@dataclass(frozen=True)
class Narrowed:
    """What rows a query is about, and the ``rest`` of its parameters."""

    conditions: Sequence[Narrowing]
    trashed: bool | None
    rest: Mapping[str, str]


def narrowing(
    params: Mapping[str, Any], resource: Resource, own: Own, others: Container[str]
) -> Narrowed:
    """The filters in a query, the search among them; ``others`` are parameters of its own."""
    trashed = False if resource.trash else None
    conditions: list[Narrowing] = []
    rest: dict[str, str] = {}
    for name, values in _parameters(params, ("in", "nin")):
        if name in others:
            rest[name] = values[0]
        elif name == "trashed" and resource.trash:
            trashed = _flag(name, values[0])
        elif name == "q" and resource.listing.search_function:
            conditions.append(_search(resource, values[0]))
        else:
            conditions.append(_condition(resource, own, name, values))
        if len(conditions) > MAX_CONDITIONS:
            raise refused(name, f"More than {MAX_CONDITIONS} conditions.")
    if trashed:
        conditions = [one.of_trash() if isinstance(one, Search) else one for one in conditions]
    # In one order, so that those who ask the same share a statement.
    return Narrowed(sorted(conditions, key=lambda one: str(one.shape)), trashed, rest)


def expanded(
    params: Mapping[str, Any], resource: Resource, own: Own
) -> tuple[Mapping[str, Any], AbstractContextManager[None]]:
    """The parameters with those of the saved view that they name, each of which they override; and
    what tells of a problem whose parameter is the view's that it is.
    """
    if VIEW not in params:
        return params, nullcontext()
    named = params[VIEW]
    if not isinstance(named, str):
        raise refused(VIEW, "view is given twice.")
    view = own.view(named, resource)
    kept = {name: value for name, value in view.params.items() if name not in params}
    return {**kept, **{name: one for name, one in params.items() if name != VIEW}}, _of_view(
        named, kept
    )


@contextmanager
def _of_view(named: str, kept: Mapping[str, Any]) -> Iterator[None]:
    try:
        yield
    except BadRequest as error:
        parameter = error.details.get("parameter") if isinstance(error.details, dict) else None
        if parameter not in kept:
            raise
        raise BadRequest(
            f"The saved view asks for what is not there any more: {error.text}",
            details={"parameter": parameter, "view": named},
        ) from None


def _ordering(resource: Resource, own: Own, sort: str | None) -> Ordering:
    if sort is not None and sort.removeprefix("-").startswith(PREFIX):
        return _told("sort", BadFilter, lambda: custom_ordering(own.fields(resource), sort))
    return _told("sort", BadSort, lambda: resource.listing.ordering(sort))


def no_parameters(request: Asked) -> None:
    """Refuse any query parameter of an operation that has none."""
    for name, _ in _parameters(request.params, ()):
        raise _unknown(name)


def parse_query(request: Asked, schema: ObjectSchema) -> Values:
    """The parameters that an operation declares, validated; any other is a ``BadRequest``."""
    declared = {str(one.data_key): one for one in schema.load_fields.values()}
    given: Values = {}
    for name, values in _parameters(request.params, ()):
        if name not in declared:
            raise _unknown(name)
        given[name] = _told(name, BadFilter, partial(_from_query, declared[name], values[0]))
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


def _chosen(
    given: dict[str, list[str]],
    resource: Resource,
    views: Views,
    *,
    rows: int,
    detail: bool = False,
    selection: Selection | None = None,
) -> Chosen:
    locales = locales_of(given["locale"][0]) if "locale" in given else ()
    if selection is not None:
        check_related(selection, resource, views, rows)
        return Chosen(selection, locales)
    if "fields" not in given and "include" not in given:
        return Chosen(views.whole(resource.key, detail=detail), locales)
    view = views.resource(resource.key)
    fields = _paths("fields", given["fields"][0]) if "fields" in given else None
    include = _paths("include", given["include"][0]) if "include" in given else []
    _told("include", BadSelection, lambda: select(view, views, None, include))
    selection = _told(
        "fields", BadSelection, lambda: select(view, views, fields, include, detail=detail)
    )
    check_related(selection, resource, views, rows)
    return Chosen(selection, locales)


def check_related(selection: Selection, resource: Resource, views: Views, rows: int) -> None:
    """Refuse what could show far too many rows of other resources with ``rows`` of this one."""
    if related_rows(selection, views.resource(resource.key), views, rows) > MAX_RELATED_ROWS:
        raise refused(
            "include", f"Could show more than {MAX_RELATED_ROWS:,} related rows: take fewer."
        )


def _paths(name: str, value: str) -> list[str]:
    paths = value.split(",")
    if any(path.count(".") > 2 * MAX_DEPTH for path in paths):
        raise refused(name, f"{name} goes at most {MAX_DEPTH} relations far.")
    if not all(all(part for part in path.split(".")) for path in paths):
        raise refused(name, f"{name} must be names with commas between them.")
    return paths


def locales_of(value: str) -> tuple[str, ...]:
    """The languages that a reader who asks for this one is shown, best first."""
    if not LOCALE.fullmatch(value):
        raise refused("locale", "locale must be a language tag such as en or de-AT.")
    # From the most special to the most general: zh-Hant-TW, zh-Hant, zh.
    parts = value.split("-")
    return tuple("-".join(parts[:length]) for length in range(len(parts), 0, -1))


def _condition(resource: Resource, own: Own, name: str, values: list[str]) -> Narrowing:
    match = _FILTER.fullmatch(name)
    if match is not None and name.startswith(PREFIX):
        defined = own.fields(resource).get(match["name"].removeprefix(PREFIX))
        if defined is None:
            raise _unknown(name)
        asked = match["operator"] or "eq"
        separate = _separated(asked, values)
        return _told(name, BadFilter, lambda: custom_condition(defined, asked, separate))
    found = resource.listing.filters.get(match["name"]) if match else None
    if match is None or found is None:
        raise _unknown(name)
    operator = match["operator"] or "eq"
    if operator not in found.operators:
        allowed = ", ".join(found.operators)
        raise refused(name, f"{found.name} allows {allowed}, and not {operator[:64]!r}.")
    separate = _separated(operator, values)
    return _told(name, BadFilter, lambda: found.condition(operator, separate))


def _separated(operator: str, values: list[str]) -> list[str]:
    """Each value of ``in`` and ``nin`` may be a list with commas."""
    if operator not in ("in", "nin") or isinstance(values, Separate):
        return values
    return [text for value in values for text in value.split(",")]


def _search(resource: Resource, value: str) -> Search:
    words = value.split()
    if not words or len(value.strip()) > MAX_SEARCH_CHARACTERS:
        raise refused("q", f"q must have from 1 to {MAX_SEARCH_CHARACTERS} characters.")
    if len(words) > MAX_SEARCH_WORDS:
        raise refused("q", f"q must have at most {MAX_SEARCH_WORDS} words.")
    listing = resource.listing
    function = str(listing.search_function)
    return Search("q", function, tuple(words), scopes=listing.search_scopes)


def _cursor(text: str, ordering: Ordering) -> Cursor:
    return _told("cursor", BadCursor, lambda: Cursor.decode(text, ordering))


def _told(name: str, problem: type[Exception], ask: Callable[[], Answered]) -> Answered:
    """What ``ask`` answers; its ``problem`` as one of the parameter ``name``."""
    try:
        return ask()
    except problem as error:
        raise refused(name, f"{name[:64]}: {error}") from None


def _unknown(name: str) -> BadRequest:
    return refused(name, f"Unknown query parameter {name[:64]!r}.")


def refused(name: str, message: str) -> BadRequest:
    return BadRequest(message, details={"parameter": name[:64]})


def _parameters(
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


def _flag(name: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise refused(name, f"{name} must be true or false.")
    return value == "true"


def number_of(name: str, value: str, minimum: int, maximum: int) -> int:
    if value.isascii() and value.isdigit() and len(value) < 10:
        number = int(value)
        if minimum <= number <= maximum:
            return number
    raise refused(name, f"{name} must be a whole number from {minimum} to {maximum}.")
