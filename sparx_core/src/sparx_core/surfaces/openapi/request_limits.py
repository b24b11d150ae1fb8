"""How large a request may be: what no schema of a single value says."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sparx_core.errors import (
    MAX_PROBLEMS,
    ApiError,
    BadRequest,
    PayloadTooLarge,
    ValidationFailed,
)
from sparx_core.json import Limits
from sparx_core.read.filters import MAX_VALUES
from sparx_core.read.page import MAX_SKIP, MAX_TAKE
from sparx_core.read.selection import MAX_DEPTH, MAX_PATHS, MAX_RELATED_ROWS
from sparx_core.settings import Settings
from sparx_core.surfaces.openapi.dispatch import JsonSchema
from sparx_core.surfaces.rest.query import (
    MAX_CONDITIONS,
    MAX_SEARCH_CHARACTERS,
    MAX_SEARCH_WORDS,
)
from sparx_core.surfaces.rest.target import MAX_PATH, MAX_QUERY


@dataclass(frozen=True)
class RequestLimit:
    """A limit and what comes of going beyond it; nothing, where the API itself keeps to it."""

    name: str
    most: int
    description: str
    status: int | None = None
    code: str | None = None


def request_limits(settings: Settings | None = None) -> list[RequestLimit]:
    """The limits of an installation; those that it has unless it is told otherwise, if none is
    given.
    """
    known = settings or Settings.load({})
    body = Limits(values=known.max_body_values)
    return [
        _limit("body.bytes", known.max_body_bytes, "bytes of a body", PayloadTooLarge),
        _limit("body.values", body.values, "values in a body, lists and objects included",
               PayloadTooLarge),
        _limit("body.depth", body.depth, "objects and lists inside each other", BadRequest),
        _limit("body.name", body.name, "characters of a name in an object", ValidationFailed),
        _limit("body.text", body.text, "characters of a text; fields have limits of their own",
               ValidationFailed),
        _limit("body.entries", body.entries, "entries of a list; fields have limits of their own",
               ValidationFailed),
        _limit("path.bytes", MAX_PATH, "bytes of a path", BadRequest),
        _limit("query.bytes", MAX_QUERY, "bytes of a query", BadRequest),
        _limit("query.conditions", MAX_CONDITIONS, "filters, `q` included", BadRequest),
        _limit("query.values", MAX_VALUES, "values of `in` and `nin`", BadRequest),
        _limit("query.take", MAX_TAKE, "entries on a page", BadRequest),
        _limit("query.skip", MAX_SKIP, "entries that are left out; a `cursor` goes further",
               BadRequest),
        _limit("query.search.characters", MAX_SEARCH_CHARACTERS, "characters of `q`", BadRequest),
        _limit("query.search.words", MAX_SEARCH_WORDS, "words of `q`", BadRequest),
        _limit("query.paths", MAX_PATHS, "paths in `fields`, and in `include`", BadRequest),
        _limit("query.relations", MAX_DEPTH, "relations that a path goes along", BadRequest),
        _limit("query.rows", MAX_RELATED_ROWS, "related rows that a page could show", BadRequest),
        _limit("answer.problems", MAX_PROBLEMS, "problems that one answer lists"),
    ]  # fmt: skip


def limits_object(settings: Settings | None = None) -> list[JsonSchema]:
    """The limits in the document."""
    return [
        {name: value for name, value in asdict(one).items() if value is not None}
        for one in request_limits(settings)
    ]


def _limit(
    name: str, most: int, description: str, error: type[ApiError] | None = None
) -> RequestLimit:
    if error is None:
        return RequestLimit(name, most, description)
    return RequestLimit(name, most, description, error.status, error.code)
