"""Exports of Contentful, as ``contentful space export`` writes them.

Symbols become texts, or slugs and choices where they are edited or validated as such; links become
references and media. Of validations those are kept that mean the same here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparx_cms.importing.contentful_fields import SourceField, fields_of
from sparx_cms.importing.names import distinct_names, type_key
from sparx_cms.importing.space import ARCHIVED, AssetItem, EntryItem, Space, in_order

PREFIX = "contentful:"


def read_contentful(export: Mapping[str, Any]) -> Space:
    """The content of an export; what is archived there is archived here."""
    own = next((one["code"] for one in export.get("locales", []) if one.get("default")), "en-US")
    types = export.get("contentTypes", [])
    keys = distinct_names([_id(one) for one in types], type_key)
    entries = [one for one in export.get("entries", []) if _type_id(one) in keys]
    slugs = list(_slug_fields(export.get("editorInterfaces", [])))
    fields = {
        _id(one): fields_of(
            one,
            {field for type_, field in slugs if type_ == _id(one)},
            [entry for entry in entries if _type_id(entry) == _id(one)],
            keys,
            PREFIX,
        )
        for one in types
    }
    return Space(
        locales=in_order([_locale(one) for one in export.get("locales", [])]),
        types=[_type(one, keys[_id(one)], fields[_id(one)]) for one in types],
        assets=[
            found
            for one in export.get("assets", [])
            if (found := _asset(one, own)) is not None and not _is_archived(one)
        ],
        entries=[_entry(one, keys[_type_id(one)], fields[_type_id(one)], own) for one in entries],
    )


def _id(one: Mapping[str, Any]) -> str:
    return str(one["sys"]["id"])


def _link(one: Mapping[str, Any]) -> str:
    return str(one["sys"]["id"])


def _type_id(entry: Mapping[str, Any]) -> str:
    return _link(entry["sys"]["contentType"])


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


def _type(one: Mapping[str, Any], key: str, fields: list[SourceField]) -> dict[str, Any]:
    display = {field.source: field.definition["key"] for field in fields}
    found: dict[str, Any] = {
        "key": key,
        "name": str(one.get("name") or _id(one))[:120],
        "description": str(one.get("description") or "")[:2_048] or None,
        "fields": [field.definition for field in fields],
    }
    if one.get("displayField") in display:
        found["displayField"] = display[one["displayField"]]
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


def _entry(one: Mapping[str, Any], key: str, fields: list[SourceField], own: str) -> EntryItem:
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
    if _is_archived(one):
        return EntryItem(PREFIX + _id(one), key, values, state=ARCHIVED)
    published = None if one["sys"].get("publishedVersion") else ()
    return EntryItem(PREFIX + _id(one), key, values, published)
