"""The query of a request: selection, page, filters. What is not known is refused, never ignored."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from sparx_core.custom_fields.conditions import PREFIX, custom_condition, custom_ordering
from sparx_core.errors import BadRequest
from sparx_core.fields import LOCALE
from sparx_core.read.conditions import Narrowing, Search
from sparx_core.read.documents import DocumentValue
from sparx_core.read.kinds import Lens, Looked
from sparx_core.read.listing import BadSort
from sparx_core.read.operators import BadFilter
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
from sparx_core.resources import Resource
from sparx_core.surfaces.rest.parameters import (
    Asked,
    flag_of,
    number_of,
    parameters_of,
    refused,
    told_of,
    unknown,
)

MAX_SEARCH_CHARACTERS, MAX_SEARCH_WORDS = 200, 10
#: Conditions in one query, the search included.
MAX_CONDITIONS = 20
#: Parameters that say what is shown, of a list, a get or the answer to a write.
SELECTING = ("fields", "include", "locale")
#: Those of a list beside its filters.
_OF_PAGES = frozenset({"take", "skip", "sort", "cursor", *SELECTING})
#: For readers whose query names nothing that their tenant declares.
NOBODYS = Own()

_FILTER = re.compile(r"(?P<name>[^\[\]]+)(\[(?P<operator>[A-Za-z]+)\])?")


@dataclass(frozen=True)
class Chosen:
    """What a request wants to see of a resource, in which languages."""

    selection: Selection
    locales: tuple[str, ...] = ()

    def through(self, lens: Lens | None) -> Chosen:
        """The same, looked at through a lens."""
        if lens is None:
            return self
        return Chosen(replace(self.selection, lens=lens), self.locales)


def parse_chosen(
    request: Asked,
    resource: Resource,
    views: Views,
    *,
    detail: bool = False,
    own: Own = NOBODYS,
    writes: bool = False,
) -> Chosen:
    """What a get or a write is to answer with; any other parameter is a ``BadRequest``.

    Where nothing is asked for, what belongs to the ``detail`` of one row is shown with it, and a
    get shows the relations that its resource says. ``own`` is what the reader's tenant declares
    itself.
    """
    params, lens = request.params, None
    if resource.kinds is not None:
        look = resource.kinds.written if writes else resource.kinds.one
        looked = look(params, own.kinds(resource))
        params, lens = looked.rest, looked.lens
    given = dict(parameters_of(params, ()))
    for name in given:
        if name not in SELECTING:
            raise unknown(name)
    if detail and not writes and resource.unasked and not given.keys() & {"fields", "include"}:
        given["include"] = [",".join(resource.unasked)]
    return _chosen(given, resource, views, rows=1, detail=detail).through(lens)


class Separate(list[str]):
    """The values of ``in`` and ``nin`` where commas are a part of them."""


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
        looked = _looked(params, resource, own)
        values: Mapping[str, DocumentValue] = looked.values if looked else {}
        asked = looked.rest if looked else params
        narrowed = narrowing(asked, resource, own, _OF_PAGES, values)
        given = narrowed.rest
        take = number_of("take", given["take"], 1, MAX_TAKE) if "take" in given else DEFAULT_TAKE
        skip = number_of("skip", given["skip"], 0, MAX_SKIP) if "skip" in given else 0
        cursor = given.get("cursor")
        if cursor is not None and skip:
            raise refused("skip", "Give cursor or skip, not both.")
        selecting = {name: [given[name]] for name in SELECTING if name in given}
        chosen = _chosen(selecting, resource, views, rows=take, selection=selection)
        ordering = _ordering(resource, own, given.get("sort"), values)
    conditions = narrowed.conditions
    if looked is not None:
        chosen = chosen.through(looked.lens)
        conditions = _sorted([*conditions, *looked.conditions])
    return Page(
        chosen.selection,
        ordering,
        conditions,
        None if cursor is None else _cursor(cursor, ordering),
        take,
        skip,
        chosen.locales,
        resource.counted,
        resource.visible,
        narrowed.trashed,
        resource.counted_by if looked and looked.counted and not narrowed.conditions else (),
    )


@dataclass(frozen=True)
class Narrowed:
    """What rows a query is about, and the ``rest`` of its parameters."""

    conditions: Sequence[Narrowing]
    trashed: bool | None
    rest: Mapping[str, str]


def narrowing(
    params: Mapping[str, Any],
    resource: Resource,
    own: Own,
    others: Container[str],
    values_of_kind: Mapping[str, DocumentValue] = MappingProxyType({}),
) -> Narrowed:
    """The filters in a query, the search among them; ``others`` are parameters of its own, and
    ``values_of_kind`` what else the rows can be narrowed by, as their kind says.
    """
    trashed = False if resource.trash else None
    conditions: list[Narrowing] = []
    rest: dict[str, str] = {}
    for name, values in parameters_of(params, ("in", "nin")):
        if name in others:
            rest[name] = values[0]
        elif name == "trashed" and resource.trash:
            trashed = flag_of(name, values[0])
        elif name == "q" and resource.listing.search_function:
            conditions.append(_search(resource, values[0]))
        else:
            conditions.append(_condition(resource, own, name, values, values_of_kind))
        if len(conditions) > MAX_CONDITIONS:
            raise refused(name, f"More than {MAX_CONDITIONS} conditions.")
    if trashed:
        conditions = [one.of_trash() if isinstance(one, Search) else one for one in conditions]
    return Narrowed(_sorted(conditions), trashed, rest)


def _sorted(conditions: Sequence[Narrowing]) -> list[Narrowing]:
    """In one order, so that those who ask the same share a statement."""
    return sorted(conditions, key=lambda one: str(one.shape))


def _looked(params: Mapping[str, Any], resource: Resource, own: Own) -> Looked | None:
    """What a list is asked for by the kinds of the resource, if its rows are of some."""
    if resource.kinds is None:
        return None
    return resource.kinds.listed(params, own.kinds(resource))


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


def _ordering(
    resource: Resource, own: Own, sort: str | None, values: Mapping[str, DocumentValue]
) -> Ordering:
    value = values.get((sort or "").removeprefix("-"))
    if sort is not None and value is not None:
        return told_of("sort", BadFilter, lambda: value.ordering(descending=sort[0] == "-"))
    if sort is not None and sort.removeprefix("-").startswith(PREFIX):
        return told_of("sort", BadFilter, lambda: custom_ordering(own.fields(resource), sort))
    return told_of("sort", BadSort, lambda: resource.listing.ordering(sort))


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
    told_of("include", BadSelection, lambda: select(view, views, None, include))
    selection = told_of(
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


def _condition(
    resource: Resource,
    own: Own,
    name: str,
    values: list[str],
    values_of_kind: Mapping[str, DocumentValue],
) -> Narrowing:
    match = _FILTER.fullmatch(name)
    value = values_of_kind.get(match["name"]) if match else None
    if match is not None and value is not None:
        wanted = match["operator"] or "eq"
        each = _separated(wanted, values)
        return told_of(name, BadFilter, lambda: value.condition(wanted, each))
    if match is not None and name.startswith(PREFIX):
        defined = own.fields(resource).get(match["name"].removeprefix(PREFIX))
        if defined is None:
            raise unknown(name)
        asked = match["operator"] or "eq"
        separate = _separated(asked, values)
        return told_of(name, BadFilter, lambda: custom_condition(defined, asked, separate))
    found = resource.listing.filters.get(match["name"]) if match else None
    if match is None or found is None:
        raise unknown(name)
    operator = match["operator"] or "eq"
    if operator not in found.operators:
        allowed = ", ".join(found.operators)
        raise refused(name, f"{found.name} allows {allowed}, and not {operator[:64]!r}.")
    separate = _separated(operator, values)
    return told_of(name, BadFilter, lambda: found.condition(operator, separate))


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
    return told_of("cursor", BadCursor, lambda: Cursor.decode(text, ordering))
