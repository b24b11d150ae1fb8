"""Fields of content types of Contentful as ours.

A field is a slug or a choice only if all that the export holds of it can be one: people may have
edited as a slug what is a whole path, or have narrowed the choices since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sparx_cms.importing.contentful_text import pointer_to, tree_of
from sparx_cms.importing.names import distinct_names, field_key, moment, rounded
from sparx_cms.types.slugs import is_slug

Json = Mapping[str, Any]
#: Content types by their ids there: how they are called here.
Keys = Mapping[str, str]
_TYPES = {
    "Symbol": "text",
    "Text": "longText",
    "RichText": "richText",
    "Integer": "integer",
    "Number": "decimal",
    "Boolean": "boolean",
    "Date": "datetime",
    "Location": "location",
    "Object": "json",
}
_MAX_OPTIONS, _MAX_OPTION = 500, 120
_SIZED = ("integer", "decimal", "text", "longText")
_UNIQUE = ("text", "slug", "integer", "decimal", "datetime")


@dataclass(frozen=True)
class SourceField:
    """A field of Contentful: its id there, and what it is here."""

    source: str
    definition: dict[str, Any]
    prefix: str

    def value(self, value: Any) -> Any:
        """A value in the form of ours."""
        if self.definition.get("multiple") and isinstance(value, list):
            return [self._one(one) for one in value]
        return self._one(value)

    def _one(self, value: Any) -> Any:
        convert = _CONVERTERS.get(self.definition["type"])
        return value if value is None or convert is None else convert(value, self.prefix)


def fields_of(type_: Json, slugs: set[str], entries: Sequence[Json], keys: Keys, prefix: str) -> (
    list[SourceField]
):  # fmt: skip
    """The fields of a type whose entries are given. What there is none of here, such as links into
    other spaces, is left out.
    """
    taken = [one for one in type_["fields"] if _type_of(one) is not None]
    names = distinct_names([one["id"] for one in taken], field_key)
    found = []
    for one in taken:
        given = _given(one["id"], entries)
        definition = _definition(one, names[one["id"]], one["id"] in slugs, given, keys)
        found.append(SourceField(one["id"], definition, prefix))
    return found


def _given(field: str, entries: Sequence[Json]) -> dict[str, list[Any]]:
    """All single values that entries have in a field, by language."""
    found: dict[str, list[Any]] = {}
    for entry in entries:
        for locale, value in ((entry.get("fields") or {}).get(field) or {}).items():
            found.setdefault(locale, []).extend(value if isinstance(value, list) else [value])
    return found


def _inner(one: Json) -> Json:
    return one["items"] if one["type"] == "Array" else one


def _type_of(one: Json) -> str | None:
    inner = _inner(one)
    if inner["type"] == "Link":
        return "media" if inner.get("linkType") == "Asset" else "reference"
    return _TYPES.get(inner["type"])


def _definition(
    one: Json, key: str, is_slug_field: bool, given: Mapping[str, list[Any]], keys: Keys
) -> dict[str, Any]:
    is_list = one["type"] == "Array"
    rules: dict[str, Any] = {}
    for rule in [*(one.get("validations") or []), *(_inner(one).get("validations") or [])]:
        rules.update(rule)
    found: dict[str, Any] = {
        "key": key,
        "label": str(one.get("name") or one["id"])[:120],
        "type": _type_of(one),
        "required": bool(one.get("required")),
        "localized": bool(one.get("localized")),
    }
    if is_list:
        found["multiple"] = True
    texts = [value for values in given.values() for value in values if isinstance(value, str)]
    if is_slug_field and found["type"] == "text" and not is_list and all(map(is_slug, texts)):
        found["type"] = "slug"
        found["unique"] = all(len({*values}) == len(values) for values in given.values())
    return {**found, **_settings(found, rules, texts, keys)}


def _settings(field: Json, rules: Json, given: list[str], keys: Keys) -> dict[str, Any]:
    """What of the validations means the same here."""
    kind, found = field["type"], dict[str, Any]()
    options = _options(rules.get("in"))
    if kind == "text" and options and set(given) <= set(options):
        return {"type": "enum", "options": [{"value": one} for one in options]}
    if kind == "reference" and rules.get("linkContentType"):
        linked = rules["linkContentType"]
        named = [linked] if isinstance(linked, str) else linked
        found["to"] = [keys[one] for one in named if one in keys]
    bounds = rules.get("range") if kind in ("integer", "decimal") else rules.get("size")
    if bounds and kind in _SIZED and not field.get("multiple"):
        found |= {name: bounds[name] for name in ("min", "max") if bounds.get(name) is not None}
    if rules.get("unique") and kind in _UNIQUE and not field.get("multiple"):
        found["unique"] = True
    return found


def _options(sent: Any) -> list[str]:
    """The choices, each once; none if they are more, or longer, than can be here."""
    options = list(dict.fromkeys(str(one) for one in sent or []))
    fit = len(options) <= _MAX_OPTIONS and all(0 < len(one) <= _MAX_OPTION for one in options)
    return options if fit else []


def _location(value: Any, prefix: str) -> dict[str, Any]:
    return {name: rounded(value[name], 8) for name in ("lat", "lon")}


_CONVERTERS: Mapping[str, Callable[[Any, str], Any]] = {
    "datetime": lambda value, prefix: moment(value),
    "decimal": lambda value, prefix: rounded(value, 6) if isinstance(value, Decimal) else value,
    "location": _location,
    "media": lambda value, prefix: pointer_to(value["sys"], prefix),
    "reference": lambda value, prefix: pointer_to(value["sys"], prefix),
    "richText": tree_of,
}
