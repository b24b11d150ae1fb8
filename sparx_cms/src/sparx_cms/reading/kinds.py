"""What queries ask of entries by the content types of their tenant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from peewee import SQL, Cast, Expression, Function, NodeList

from sparx_cms.models.entries import Entry
from sparx_cms.reading.finding import found_by_value
from sparx_cms.reading.lens import ANY, ARCHIVED, DRAFT, LIVE, EntryLens, value_of
from sparx_cms.reading.paths import Asked, include_plan, paths_of
from sparx_cms.reading.shapes import shapes_of
from sparx_cms.reading.sorting import first_by_value
from sparx_cms.reading.values import compared_as
from sparx_cms.types.catalogue import Catalogue, content_type, read_catalogue
from sparx_cms.types.definitions import TypeDefinition
from sparx_cms.types.locales import Locales, read_locales
from sparx_core import (
    BadRequest,
    ComputedCondition,
    Context,
    DocumentValue,
    Kinds,
    Looked,
    Parameter,
    Scope,
    Shapes,
    ValidationFailed,
    slot,
)

FIELDS = "fields"
PREFIX = f"{FIELDS}."
EVERY = "*"
TYPE, STATUS, LOCALE, INCLUDE, SORT, SEARCH = "type", "status", "locale", "include", "sort", "q"
_VIEWS = (LIVE, DRAFT, ARCHIVED)
#: What changes with each draft: readers of what is live can neither sort nor narrow by it.
_OF_DRAFTS = "updatedAt"
MAX_WORDS, MAX_SEARCH = 10, 200
#: Entries of a list, if nothing is said.
DEFAULT_TAKE = 50


@dataclass(frozen=True)
class Declared:
    """The content types and languages of a tenant."""

    types: Catalogue
    locales: Locales

    @cached_property
    def shapes(self) -> Shapes:
        """The types as surfaces describe them."""
        return shapes_of(self.types)


class EntryKinds(Kinds):
    """Entries are of the content types that their tenant defines."""

    holder = FIELDS
    parameters = {
        TYPE: Parameter("The key of a content type: of which entries are."),
        STATUS: Parameter("What is live, or with the scope `draft:cms` drafts.", _VIEWS),
        SEARCH: Parameter("Words that occur in it."),
    }
    of_gets = (STATUS,)
    as_written = {STATUS: DRAFT}
    unshaped = (EVERY,)

    def shapes(self, declared: Declared | None) -> Shapes:
        return declared.shapes if declared else Shapes()

    def read(self, ctx: Context) -> Declared:
        return Declared(read_catalogue(ctx), read_locales(ctx))

    def concerns(self, params: Mapping[str, Any]) -> bool:
        if not params.keys().isdisjoint({TYPE, LOCALE, INCLUDE}):
            return True
        told = (*params, str(params.get(FIELDS, "")), str(params.get(SORT, "")))
        return any(PREFIX in one for one in told)

    def listed(self, params: Mapping[str, Any], declared: Declared | None) -> Looked:
        looking = _Looking(params, declared, listing=True)
        view = looking.view()
        if "trashed" in params and view == LIVE:
            raise refused("trashed", "What is in the trash was a draft: ask with status=draft.")
        if view == LIVE and looking.names(_OF_DRAFTS):
            raise refused(_OF_DRAFTS, f"{_OF_DRAFTS} is of drafts: ask with status=draft.")
        return looking.looked(view)

    def one(self, params: Mapping[str, Any], declared: Declared | None) -> Looked:
        looking = _Looking(params, declared)
        view = looking.view()
        # Who has the id of a draft sees it, whether it is archived or not.
        return looking.looked(ANY if view == DRAFT else view)

    def written(self, params: Mapping[str, Any], declared: Declared | None) -> Looked:
        if STATUS in params:
            raise refused(STATUS, "A write answers with the draft.")
        return _Looking(params, declared).looked(ANY)

    def is_of(self, ctx: Context, row: Entry, kind: str) -> bool:
        return content_type(ctx, row.content_type).key == kind


class _Looking:
    """A query while it is read."""

    def __init__(
        self, params: Mapping[str, Any], declared: Declared | None, *, listing: bool = False
    ) -> None:
        self.params, self.declared, self.listing = params, declared, listing
        self.type = self._type()
        own = (TYPE, STATUS, LOCALE, INCLUDE, *((SEARCH,) if listing else ()))
        self.rest = {name: value for name, value in params.items() if name not in own}

    def view(self) -> str:
        view = self._text(STATUS) or LIVE
        if view not in _VIEWS:
            raise refused(STATUS, f"status must be {', '.join(_VIEWS[:-1])} or {_VIEWS[-1]}.")
        return view

    def names(self, field: str) -> bool:
        """Whether a list is narrowed or sorted by a field that all entries have."""
        narrowed = any(name.partition("[")[0] == field for name in self.params)
        return narrowed or str(self.params.get(SORT, "")).removeprefix("-") == field

    def looked(self, view: str) -> Looked:
        locale = self._locale()
        asked = self._fields()
        values = self._values() if self.listing else {}
        lens = EntryLens(
            view,
            locale,
            self._plan(),
            asked,
            self._chain(locale) if values else (),
            {one.key: one.id for one in self.type.by_key.values()} if self.type else {},
        )
        if not self.listing:
            return Looked(
                replace(lens, of_type=str(self.type.id) if self.type else None), self.rest
            )
        searched = self._search(lens)
        counted = lens.live and not searched
        return Looked(lens, self.rest, [*self._of_type(), *searched], values, counted)

    def _type(self) -> TypeDefinition | None:
        key = self._text(TYPE)
        if key is None:
            return None
        found = self.declared.types.by_key.get(key) if self.declared else None
        if found is None or found.is_component:
            raise refused(TYPE, f"There is no content type {key[:64]!r}.")
        return found

    def _of_type(self) -> list[ComputedCondition]:
        if self.type is None:
            return []
        return [ComputedCondition(TYPE, _is_of_type, str(self.type.id), "uuid")]

    def _locale(self) -> str | None:
        code = self._text(LOCALE)
        known = {EVERY, *(self.declared.locales.all if self.declared else ())}
        if code is not None and code not in known:
            raise refused(LOCALE, f"There is no locale {code[:64]!r}.")
        return code

    def _chain(self, locale: str | None) -> tuple[str, ...]:
        """The languages in which values are compared."""
        assert self.declared is not None
        known = self.declared.locales
        try:
            return known.chain(known.default if locale in (None, EVERY) else str(locale))
        except ValidationFailed:
            return (known.default,)

    def _fields(self) -> tuple[str, ...] | None:
        """The keys of the fields that are wanted; None for all."""
        text = self._text(FIELDS)
        if text is None or PREFIX not in text:
            return None
        names = text.split(",")
        wanted = [one.removeprefix(PREFIX) for one in names if one.startswith(PREFIX)]
        for key in wanted:
            if not any(key in one.by_key for one in self._types()):
                raise refused(FIELDS, f"There is no field {key[:64]!r}.")
        others = [one for one in names if not one.startswith(PREFIX)]
        self.rest[FIELDS] = ",".join(dict.fromkeys([*others, FIELDS]))
        return None if FIELDS in others else tuple(dict.fromkeys(wanted))

    def _plan(self) -> dict[str, Any]:
        text = self._text(INCLUDE)
        if text is None:
            return {}
        assert self.declared is not None
        asked = Asked(self.declared.types, tuple(self._types()))
        return include_plan(asked, paths_of(text), self._rows())

    def _rows(self) -> int:
        """How many entries are looked at, at most; what is wrong with the number is told later."""
        if not self.listing:
            return 1
        take = str(self.params.get("take", DEFAULT_TAKE))
        return int(take) if take.isascii() and take.isdigit() and len(take) < 4 else DEFAULT_TAKE

    def _types(self) -> list[TypeDefinition]:
        """The types that the query may be about."""
        if self.type is not None:
            return [self.type]
        return (
            [one for one in self.declared.types.by_key.values() if not one.is_component]
            if (self.declared)
            else []
        )

    def _values(self) -> dict[str, DocumentValue]:
        """What a list of one type is narrowed to and sorted by, of its fields."""
        if self.type is None:
            return {}
        found = {}
        for key, field in self.type.by_key.items():
            how = compared_as(field)
            if how is not None:
                found[PREFIX + key] = DocumentValue(
                    key=PREFIX + key,
                    how=how,
                    many=field.listed,
                    place=partial(value_of, key, field.localized),
                    found=partial(found_by_value, key, field.localized),
                    first=partial(first_by_value, key, field.localized),
                )
        return found

    def _search(self, lens: EntryLens) -> list[ComputedCondition]:
        text = self._text(SEARCH)
        if text is None:
            return []
        words = text.split()
        if not words or len(text) > MAX_SEARCH or len(words) > MAX_WORDS:
            raise refused(
                SEARCH, f"q must have from 1 to {MAX_WORDS} words, and {MAX_SEARCH} characters."
            )
        found = partial(_is_found, "true" if lens.live else "false")
        return [ComputedCondition(f"{SEARCH} {lens.live}", found, list(words), "text[]")]

    def _text(self, name: str) -> str | None:
        value = self.params.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or "\0" in value or not value:
            raise refused(name, f"{name} must be given once, and not be empty.")
        return value


def _is_of_type(row: Scope, type_id: Any) -> Any:
    return Expression(row.column("content_type_id"), "=", type_id)


def _is_found(live: str, row: Scope, words: Any) -> Any:
    chain = NodeList((SQL("(SELECT"), Function("cms.locale_chain", (_wanted(),)), SQL(")")))
    found = Function("cms.found_entries", (words, chain, SQL(live)))
    among = NodeList((SQL("ANY (ARRAY(SELECT"), found, SQL("))")))
    return Expression(row.column("id"), "=", among)


def _wanted() -> Any:
    return Cast(slot("entry locale"), "text")


def refused(name: str, message: str) -> BadRequest:
    return BadRequest(message, details={"parameter": name[:64]})
