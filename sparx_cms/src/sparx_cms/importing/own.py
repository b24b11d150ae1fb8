"""Exports of Sparx itself: JSON by lines, each a thing of the kind that its ``line`` says.

The first one is ``space``. Entries and assets are called by the ids that they had, in values as
well; here they are pointers, ``sparx:<id>`` unless they had an external id already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sparx_cms.importing.space import ASSET, ENTRY, AssetItem, EntryItem, Pointer, Space

PREFIX = "sparx:"
VERSION = 1
#: Of a type, what the API takes; ids of fields are given anew.
_TYPE = ("key", "name", "pluralName", "description", "icon", "kind", "urlPattern", "stages")
_REDIRECT = ("fromPath", "host", "toPath", "toUrl", "statusCode", "preserveQuery", "enabled")
_POINTING = {"reference": ENTRY, "media": ASSET}


def read_own(lines: Sequence[Mapping[str, Any]]) -> Space:
    """The content of an export. ``KeyError`` if it is none, or of a later version."""
    if not lines or lines[0].get("format") != "sparx-cms" or lines[0].get("version") != VERSION:
        raise KeyError("the first line is not that of an export of this version")
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for line in lines[1:]:
        by_kind.setdefault(line["line"], []).append(line)
    reader = _Reader(
        {one["key"]: one["fields"] for one in by_kind.get("type", [])},
        {
            (kind, one["id"]): one.get("externalId") or PREFIX + one["id"]
            for kind in (ENTRY, ASSET)
            for one in by_kind.get(kind, [])
        },
    )
    return Space(
        locales=[
            {name: one.get(name) for name in ("code", "name", "fallback", "isDefault")}
            for one in by_kind.get("locale", [])
        ],
        types=[_type(one) for one in by_kind.get("type", [])],
        assets=[reader.asset(one) for one in by_kind.get(ASSET, [])],
        entries=[reader.entry(one) for one in by_kind.get(ENTRY, [])],
        redirects=[reader.redirect(one) for one in by_kind.get("redirect", [])],
    )


def _type(line: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: line[name] for name in _TYPE if line.get(name) is not None}
    if line.get("displayField"):
        found["displayField"] = line["displayField"]
    return {**found, "fields": [_without_ids(one) for one in line["fields"]]}


def _without_ids(field: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in field.items() if name != "id"}
    if "fields" in found:
        found["fields"] = [_without_ids(one) for one in found["fields"] or []]
    return found


class _Reader:
    """Puts pointers where ids were."""

    def __init__(
        self,
        types: Mapping[str, list[Mapping[str, Any]]],
        names: Mapping[tuple[str, str], str],
    ) -> None:
        self.types, self.names = types, names

    def asset(self, line: Mapping[str, Any]) -> AssetItem:
        values = {name: line.get(name) for name in ("title", "alt", "caption") if line.get(name)}
        return AssetItem(
            self._pointer(ASSET, line["id"]).external_id,
            line["url"] or "",
            line["filename"],
            values,
        )

    def entry(self, line: Mapping[str, Any]) -> EntryItem:
        """What is live of it, and its draft if that is another."""
        draft = self._fields(line["type"], line["fields"])
        external_id = self._pointer(ENTRY, line["id"]).external_id
        live = line.get("live")
        if not live:
            return EntryItem(external_id, line["type"], draft)
        fields = self._fields(line["type"], live["fields"])
        newer = draft if draft != fields else None
        return EntryItem(external_id, line["type"], fields, tuple(live["locales"]), newer)

    def redirect(self, line: Mapping[str, Any]) -> dict[str, Any]:
        found = {name: line[name] for name in _REDIRECT if line.get(name) is not None}
        if line.get("toEntryId"):
            found["toEntryId"] = self._pointer(ENTRY, line["toEntryId"])
            found["toLocale"] = line.get("toLocale")
        return found

    def _pointer(self, kind: str, id: str) -> Pointer:
        return Pointer(kind, self.names.get((kind, id), PREFIX + id))

    def _fields(self, key: str, values: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for field in self.types[key]:
            value = values.get(field["key"])
            if value is None or (field.get("localized") and not value):
                continue
            localized = field.get("localized") and isinstance(value, dict)
            found[field["key"]] = (
                {code: self._value(field, one) for code, one in value.items()}
                if localized
                else self._value(field, value)
            )
        return found

    def _value(self, field: Mapping[str, Any], value: Any) -> Any:
        if value is None:
            return None
        kind = field["type"]
        if kind == "blocks":
            return [{**one, "data": self._part(one["type"], one["data"])} for one in value]
        if isinstance(value, list):
            return [self._one(field, one) for one in value]
        return self._one(field, value)

    def _one(self, field: Mapping[str, Any], value: Any) -> Any:
        kind = field["type"]
        if kind in _POINTING:
            return self._pointer(_POINTING[kind], value["id"])
        if kind == "richText":
            return self._tree(value)
        if kind == "component":
            return self._part(field["component"], value)
        if kind == "object":
            return self._inside(field["fields"], value)
        return value

    def _part(self, key: str, value: Mapping[str, Any]) -> dict[str, Any]:
        return self._inside(self.types.get(key, []), value)

    def _inside(
        self, fields: Sequence[Mapping[str, Any]], value: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {
            field["key"]: self._value(field, value[field["key"]])
            for field in fields
            if value.get(field["key"]) is not None
        }

    def _tree(self, one: Any) -> Any:
        """A tree, or a part of it, with pointers for the ids in attributes."""
        if isinstance(one, list):
            return [self._tree(child) for child in one]
        if not isinstance(one, dict):
            return one
        found = {name: self._tree(value) for name, value in one.items()}
        for name, kind in (("entryId", ENTRY), ("assetId", ASSET)):
            if isinstance(one.get(name), str):
                found[name] = self._pointer(kind, one[name])
        return found
