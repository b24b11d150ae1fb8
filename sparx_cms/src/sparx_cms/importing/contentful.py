"""Exports of Contentful, as ``contentful space export`` writes them.

Symbols become texts, or slugs and choices where they are edited or validated as such; links become
references and media. Of validations those are kept that mean the same here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sparx_cms.importing.contentful_text import tree_of
from sparx_cms.importing.names import field_key, moment, type_key
from sparx_cms.importing.space import ASSET, ENTRY, AssetItem, EntryItem, Pointer, Space

PREFIX = "contentful:"
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
_MAX_OPTIONS = 500


@dataclass(frozen=True)
class _Field:
    """A field of Contentful: its id there, and what it is here."""

    source: str
    definition: dict[str, Any]

    @property
    def is_list(self) -> bool:
        return bool(self.definition.get("multiple"))

    def value(self, value: Any) -> Any:
        """A value in the form of ours."""
        if self.is_list and isinstance(value, list):
            return [_value(self.definition["type"], one) for one in value]
        return _value(self.definition["type"], value)


def read_contentful(export: Mapping[str, Any]) -> Space:
    """The content of an export: what is deleted or archived there is not in it."""
    own = next((one["code"] for one in export.get("locales", []) if one.get("default")), "en-US")
    slugs = set(_slug_fields(export.get("editorInterfaces", [])))
    fields = {
        _id(one): [_field(found, _id(one), slugs) for found in one["fields"]]
        for one in export.get("contentTypes", [])
    }
    return Space(
        locales=[_locale(one) for one in export.get("locales", [])],
        types=[_type(one, fields[_id(one)]) for one in export.get("contentTypes", [])],
        assets=[
            found
            for one in export.get("assets", [])
            if (found := _asset(one, own)) is not None and not _is_archived(one)
        ],
        entries=[
            _entry(one, fields[_link(one["sys"]["contentType"])], own)
            for one in export.get("entries", [])
            if not _is_archived(one) and _link(one["sys"]["contentType"]) in fields
        ],
    )


def _id(one: Mapping[str, Any]) -> str:
    return str(one["sys"]["id"])


def _link(one: Mapping[str, Any]) -> str:
    return str(one["sys"]["id"])


def _is_archived(one: Mapping[str, Any]) -> bool:
    return bool(one["sys"].get("archivedVersion") or one["sys"].get("archivedAt"))


def _locale(one: Mapping[str, Any]) -> dict[str, Any]:
    found = {"code": one["code"], "name": one.get("name") or one["code"]}
    return {**found, "fallback": one.get("fallbackCode"), "isDefault": bool(one.get("default"))}


# -- content types -----------------------------------------------------------------------------


def _slug_fields(interfaces: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The fields, by type, that people edit as slugs."""
    for one in interfaces:
        for control in one.get("controls") or []:
            if control.get("widgetId") == "slugEditor":
                yield _link(one["sys"]["contentType"]), control["fieldId"]


def _type(one: Mapping[str, Any], fields: list[_Field]) -> dict[str, Any]:
    display = one.get("displayField")
    found: dict[str, Any] = {
        "key": type_key(_id(one)),
        "name": str(one.get("name") or _id(one))[:120],
        "description": str(one.get("description") or "")[:2_048] or None,
        "fields": [field.definition for field in fields],
    }
    if display:
        found["displayField"] = field_key(display)
    return found


def _field(one: Mapping[str, Any], type_id: str, slugs: set[tuple[str, str]]) -> _Field:
    is_list = one["type"] == "Array"
    inner: Mapping[str, Any] = one["items"] if is_list else one
    rules: dict[str, Any] = {}
    for rule in [*(one.get("validations") or []), *(inner.get("validations") or [])]:
        rules.update(rule)
    found: dict[str, Any] = {
        "key": field_key(one["id"]),
        "label": str(one.get("name") or one["id"])[:120],
        "type": _type_of(inner),
        "required": bool(one.get("required")),
        "localized": bool(one.get("localized")),
    }
    if is_list:
        found["multiple"] = True
    if (type_id, one["id"]) in slugs and found["type"] == "text" and not is_list:
        found["type"] = "slug"
    return _Field(one["id"], {**found, **_settings(found, rules)})


def _type_of(one: Mapping[str, Any]) -> str:
    if one["type"] == "Link":
        return "media" if one.get("linkType") == "Asset" else "reference"
    return _TYPES[one["type"]]


def _settings(field: dict[str, Any], rules: Mapping[str, Any]) -> dict[str, Any]:
    """What of the validations means the same here."""
    kind, found = field["type"], dict[str, Any]()
    options = rules.get("in")
    if kind == "text" and options and len(options) <= _MAX_OPTIONS:
        return {"type": "enum", "options": [{"value": str(one)} for one in options]}
    if kind == "reference" and rules.get("linkContentType"):
        linked = rules["linkContentType"]
        found["to"] = [type_key(one) for one in ([linked] if isinstance(linked, str) else linked)]
    bounds = rules.get("range") if kind in ("integer", "decimal") else rules.get("size")
    if bounds and kind in ("integer", "decimal", "text", "longText") and not field.get("multiple"):
        found |= {name: bounds[name] for name in ("min", "max") if bounds.get(name) is not None}
    if rules.get("unique") and kind in ("text", "slug", "integer", "decimal", "datetime"):
        found |= {"unique": True} if not field.get("multiple") else {}
    return found


# -- content -----------------------------------------------------------------------------------


def _asset(one: Mapping[str, Any], own: str) -> AssetItem | None:
    """An asset, None if it has no file. The file is that of the space's own language."""
    files = (one.get("fields") or {}).get("file") or {}
    file = files.get(own) or next(iter(files.values()), None)
    url = str((file or {}).get("url") or (file or {}).get("upload") or "")
    if not file or not url:
        return None
    titles = one["fields"].get("title") or {}
    alt = one["fields"].get("description") or {}
    values: dict[str, Any] = {
        "title": str(titles.get(own) or next(iter(titles.values()), "") or "")[:255] or None,
        "alt": {code: str(text)[:500] for code, text in alt.items() if text},
    }
    absolute = f"https:{url}" if url.startswith("//") else url
    name = str(file.get("fileName") or absolute.rsplit("/", 1)[-1] or "file")
    return AssetItem(PREFIX + _id(one), absolute, name, values)


def _entry(one: Mapping[str, Any], fields: list[_Field], own: str) -> EntryItem:
    sent = one.get("fields") or {}
    values: dict[str, Any] = {}
    for field in fields:
        if (by_locale := sent.get(field.source)) is None:
            continue
        found = {code: field.value(value) for code, value in by_locale.items()}
        is_localized = field.definition["localized"]
        values[field.definition["key"]] = (
            found if is_localized else found.get(own, next(iter(found.values()), None))
        )
    published = None if one["sys"].get("publishedVersion") else ()
    kind = type_key(_link(one["sys"]["contentType"]))
    return EntryItem(PREFIX + _id(one), kind, values, published)


def _value(kind: str, value: Any) -> Any:
    convert = _CONVERTERS.get(kind)
    return value if value is None or convert is None else convert(value)


def _pointer(value: Any) -> Pointer:
    kind = ASSET if value["sys"].get("linkType") == "Asset" else ENTRY
    return Pointer(kind, PREFIX + _link(value))


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "datetime": moment,
    "location": lambda value: {"lat": value["lat"], "lon": value["lon"]},
    "media": _pointer,
    "reference": _pointer,
    "richText": lambda value: tree_of(value, PREFIX),
}
