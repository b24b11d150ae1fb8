"""Exports of Sparx itself: JSON by lines, each a thing of the kind that its ``line`` says.

The first one is ``space``. Entries and assets are called by the ids that they had, in values as
well; here they are pointers, ``sparx:<id>`` unless they had an external id already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sparx_cms.importing.space import (
    ASSET,
    ENTRY,
    IN_USE,
    AssetItem,
    EntryItem,
    Past,
    Pointer,
    Space,
    in_order,
)

Line = Mapping[str, Any]
PREFIX = "sparx:"
VERSION = 1
#: Of a type, what the API takes; ids of fields are given anew.
_TYPE = (
    "key",
    "name",
    "pluralName",
    "description",
    "icon",
    "kind",
    "urlPattern",
    "stages",
    "state",
)
_LOCALE = ("code", "name", "fallback", "isDefault")
_SITE = ("host", "title", "description", "locale", "indexed", "disallowed")
_TAXONOMY = ("key", "name", "pluralName", "hierarchical")
_TERM = ("taxonomy", "slug", "name", "description", "parent")
_REDIRECT = (
    *("fromPath", "host", "toPath", "toUrl", "statusCode", "preserveQuery", "enabled", "origin"),
)
#: Characters of a text about an asset.
_LONGEST = {"alt": 500, "caption": 2_000}
_POINTING = {"reference": ENTRY, "media": ASSET}


def read_own(lines: Sequence[Line]) -> Space:
    """The content of an export. ``KeyError`` if it is none, or of a later version."""
    if not lines or lines[0].get("format") != "sparx-cms" or lines[0].get("version") != VERSION:
        raise KeyError("the first line is not that of an export of this version")
    by_kind: dict[str, list[Line]] = {}
    for line in lines[1:]:
        by_kind.setdefault(line["line"], []).append(line)
    reader = _Reader(by_kind)
    return Space(
        locales=in_order(
            [_only(_named(one, ("code", "fallback")), _LOCALE) for one in by_kind.get("locale", [])]
        ),
        types=[_type(one) for one in by_kind.get("type", [])],
        assets=[reader.asset(one) for one in by_kind.get(ASSET, [])],
        entries=[reader.entry(one) for one in by_kind.get(ENTRY, [])],
        redirects=[reader.redirect(one) for one in by_kind.get("redirect", [])],
        sites=[_given(_named(one, ["host"]), _SITE) for one in by_kind.get("site", [])],
        taxonomies=[_given(_named(one, ["key"]), _TAXONOMY) for one in by_kind.get("taxonomy", [])],
        terms=terms_in_order([_term(one) for one in by_kind.get("term", [])]),
        menus=[reader.menu(one) for one in by_kind.get("menu", [])],
        releases=[reader.release(one) for one in by_kind.get("release", [])],
        schedules=[reader.schedule(one) for one in by_kind.get("schedule", [])],
        comments=in_order(
            [reader.comment(one) for one in by_kind.get("comment", [])], "id", "parent"
        ),
    )


def _term(line: Line) -> dict[str, Any]:
    found = _given(_named(line, ("taxonomy", "slug", "parent")), _TERM)
    return {**found, "taxonomy": found["taxonomy"], "slug": found["slug"]}


def terms_in_order(terms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Terms, taxonomy by taxonomy, each behind the one above it."""
    by_taxonomy: dict[str, list[dict[str, Any]]] = {}
    for one in terms:
        by_taxonomy.setdefault(one["taxonomy"], []).append(one)
    return [one for some in by_taxonomy.values() for one in in_order(some, "slug", "parent")]


def _moments(line: Line, names: Sequence[str]) -> dict[str, Any]:
    return {name: _moment(line.get(name)) for name in names}


def _named(line: Line, names: Sequence[str]) -> Line:
    """A line whose names, if they are there, are texts; ``TypeError`` if they are not."""
    for name in names:
        if not isinstance(line.get(name), str | None):
            raise TypeError(f"{name} is no text")
    return line


def _only(line: Line, names: Sequence[str]) -> dict[str, Any]:
    return {name: line.get(name) for name in names}


def _given(line: Line, names: Sequence[str]) -> dict[str, Any]:
    return {name: line[name] for name in names if line.get(name) is not None}


def _moment(value: Any) -> datetime | None:
    """A time as exports have it; ``TypeError`` for what is none."""
    try:
        found = None if value is None else datetime.fromisoformat(value)
    except ValueError:
        raise TypeError(f"{str(value)[:40]!r} is no time") from None
    if found is not None and found.tzinfo is None:
        raise TypeError(f"{value!r} has no time zone")
    return found


def _some_moment(value: Any) -> datetime:
    found = _moment(value)
    if found is None:
        raise TypeError("a time is missing")
    return found


def _type(line: Mapping[str, Any]) -> dict[str, Any]:
    found = _given(_named(line, ("key", "displayField")), _TYPE)
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

    def __init__(self, by_kind: Mapping[str, list[Line]]) -> None:
        self.types: dict[str, Any] = {one["key"]: one["fields"] for one in by_kind.get("type", [])}
        self.names = {
            (kind, one["id"]): str(one.get("externalId") or PREFIX + one["id"])
            for kind in (ENTRY, ASSET)
            for one in by_kind.get(kind, [])
        }
        self.folders = {one["id"]: one for one in by_kind.get("folder", [])}
        self.past: dict[str, list[Line]] = {}
        for one in by_kind.get("revision", []):
            self.past.setdefault(one["entry"], []).append(one)

    def asset(self, line: Line) -> AssetItem:
        values: dict[str, Any] = {"title": str(line["title"])[:255]} if line.get("title") else {}
        for name in ("alt", "caption"):
            values[name] = {
                code: str(one)[: _LONGEST[name]] for code, one in (line.get(name) or {}).items()
            }
        for name, column in (("focalX", "focal_x"), ("focalY", "focal_y")):
            if isinstance(share := line.get(name), int | Decimal) and 0 <= share <= 1:
                values[column] = share
        return AssetItem(
            self._pointer(ASSET, line["id"]).external_id,
            str(line["url"] or ""),
            str(line["filename"]),
            values,
            self._folders_of(line),
        )

    def _folders_of(self, line: Line) -> tuple[str, ...]:
        names: list[str] = []
        at, seen = line.get("folder"), set[Any]()
        while at in self.folders and at not in seen:
            seen.add(at)
            names.append(str(self.folders[at]["name"]))
            at = self.folders[at].get("parent")
        return tuple(reversed(names))

    def entry(self, line: Line) -> EntryItem:
        """What is live of it, and its draft if that is another."""
        draft = self._fields(line["type"], line["fields"])
        live = line.get("live")
        item = EntryItem(
            self._pointer(ENTRY, line["id"]).external_id,
            line["type"],
            draft,
            state=line.get("state") or IN_USE,
            terms=tuple((str(key), str(slug)) for key, slug in line.get("terms") or ()),
            revisions=tuple(self._past(line["type"], one) for one in self._revisions(line["id"])),
            published_at=_moment(line.get("publishedAt")),
            first_published_at=_moment(line.get("firstPublishedAt")),
        )
        if not live:
            return item
        fields = self._fields(line["type"], live["fields"])
        newer = draft if draft != fields else None
        return replace(item, fields=fields, published=tuple(live["locales"]), draft=newer)

    def _revisions(self, entry: str) -> list[Line]:
        return sorted(self.past.get(entry, []), key=lambda one: int(one["number"]))

    def _past(self, key: str, line: Line) -> Past:
        return Past(
            int(line["number"]),
            str(line["kind"]),
            line.get("summary"),
            _some_moment(line["createdAt"]),
            self._fields(key, line["fields"]),
        )

    def redirect(self, line: Line) -> dict[str, Any]:
        found = _given(line, _REDIRECT)
        if line.get("toEntryId"):
            found["toEntryId"] = self._pointer(ENTRY, line["toEntryId"])
            found["toLocale"] = line.get("toLocale")
        return found

    def menu(self, line: Line) -> dict[str, Any]:
        found = _given(_named(line, ["key"]), ("key", "name"))
        return {"key": found["key"], **found, "items": self._items(line.get("items") or [])}

    def _items(self, items: Sequence[Line]) -> list[dict[str, Any]]:
        return [
            {
                **one,
                "entryId": self._pointer(ENTRY, one["entryId"]) if one.get("entryId") else None,
                "children": self._items(one.get("children") or []),
            }
            for one in items
        ]

    def release(self, line: Line) -> dict[str, Any]:
        return {
            "id": str(line["id"]),
            **_only(line, ("title", "description", "status", "failure")),
            **_moments(line, ("at", "publishedAt", "createdAt")),
            "items": [
                {
                    **_only(one, ("action", "revisionNumber", "locales")),
                    "entry": self._pointer(ENTRY, one["entry"]),
                }
                for one in line.get("items") or []
            ],
        }

    def schedule(self, line: Line) -> dict[str, Any]:
        return {
            "id": str(line["id"]),
            **_only(line, ("action", "locale", "revisionNumber", "status", "failure")),
            **_moments(line, ("at", "finishedAt", "createdAt")),
            "entry": self._pointer(ENTRY, line["entry"]),
        }

    def comment(self, line: Line) -> dict[str, Any]:
        return {
            "id": str(line["id"]),
            **_only(_named(line, ["parent"]), ("parent", "field", "locale", "body", "authorName")),
            **_moments(line, ("resolvedAt", "createdAt")),
            "entry": self._pointer(ENTRY, line["entry"]),
        }

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
