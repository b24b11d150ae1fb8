"""JSON in the manner of Strapi: schemas of content types and their entries, as Strapi's own API
shows both.

``{"contentTypes": {"api::article.article": {"info", "attributes"}}, "components": {"shared.seo":
{...}}, "data": {"api::article.article": [{"documentId", "locale", "publishedAt", ...}]}}``. The
entries of one document in several locales are one entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid5

from sparx_cms.importing.names import field_key, moment, type_key
from sparx_cms.importing.space import ASSET, ENTRY, AssetItem, EntryItem, Pointer, Space
from sparx_cms.importing.strapi_text import tree_of_blocks
from sparx_cms.richtext.from_markdown import from_markdown

PREFIX = "strapi:"
_OWN = "en"
_BLOCKS = UUID("0192f1a8-52f4-7c00-9d3e-6a2f1f0c7b11")
_TYPES = {
    **dict.fromkeys(("string", "uid"), "text"),
    **dict.fromkeys(("text",), "longText"),
    **dict.fromkeys(("richtext", "blocks"), "richText"),
    **dict.fromkeys(("integer", "biginteger"), "integer"),
    **dict.fromkeys(("decimal", "float"), "decimal"),
    **dict.fromkeys(("datetime", "timestamp"), "datetime"),
    **{name: name for name in ("boolean", "date", "email", "json", "media", "component")},
    "enumeration": "enum",
    "relation": "reference",
    "dynamiczone": "blocks",
    "time": "text",
}
_TO_MANY = ("oneToMany", "manyToMany", "morphToMany")
Row = Mapping[str, Any]
Attributes = Mapping[str, Mapping[str, Any]]


def read_strapi(export: Mapping[str, Any]) -> Space:
    """The content of an export; attributes of types that there are none of here are left out."""
    types, components = export.get("contentTypes") or {}, export.get("components") or {}
    uids = {*types, *components}
    schemas = {uid: _known(one, uids) for uid, one in {**types, **components}.items()}
    sent = export.get("data") or {}
    data = {uid: rows_of(rows) for uid, rows in sent.items() if uid in types}
    reader = _Reader(schemas, data)
    entries = [found for uid, rows in data.items() for found in reader.entries(uid, rows)]
    locales = sorted({code for one in entries for code in one.published or ()} | reader.locales)
    return Space(
        locales=[{"code": code, "name": code} for code in locales],
        types=[
            *(_type(uid, schemas[uid], "component") for uid in components),
            *(_type(uid, schemas[uid], "collection") for uid in types),
        ],
        assets=list(reader.assets.values()),
        entries=entries,
    )


def key_of(uid: str) -> str:
    """``api::blog-post.blog-post`` as ``blog_post``, ``shared.seo`` as ``shared_seo``."""
    return type_key(uid.rpartition(".")[2] if "::" in uid else uid)


def _type(uid: str, one: Mapping[str, Any], kind: str) -> dict[str, Any]:
    attributes: Attributes = one["attributes"]
    if one.get("kind") == "singleType":
        kind = "singleton"
    return {
        "key": key_of(uid),
        "name": str((one.get("info") or {}).get("displayName") or key_of(uid))[:120],
        "kind": kind,
        "fields": [
            _field(name, attribute, nested=kind == "component")
            for name, attribute in attributes.items()
        ],
    }


def _known(schema: Mapping[str, Any], uids: set[str]) -> Mapping[str, Any]:
    """A schema with those attributes that are kept here: no secrets, of a relation the side that
    holds it, and nothing of users, roles and whatever else the file has no schema of.
    """
    taken = {
        name: {**one, "components": [uid for uid in one.get("components") or [] if uid in uids]}
        for name, one in schema["attributes"].items()
        if one["type"] in _TYPES
        and not one.get("mappedBy")
        and one.get("component") in (None, *uids)
        and (one["type"] != "relation" or one.get("target") in (None, *uids))
    }
    kept = {
        name: one
        for name, one in taken.items()
        if one["type"] != "dynamiczone" or one["components"]
    }
    return {**schema, "attributes": kept}


def _is_listed(attribute: Mapping[str, Any]) -> bool:
    kind = attribute["type"]
    to_many = kind == "relation" and attribute.get("relation") in _TO_MANY
    return to_many or bool(kind in ("media", "component") and _many(attribute))


def _many(attribute: Mapping[str, Any]) -> bool:
    return bool(attribute.get("multiple") or attribute.get("repeatable"))


def _field(name: str, attribute: Mapping[str, Any], *, nested: bool) -> dict[str, Any]:
    kind = attribute["type"]
    found: dict[str, Any] = {
        "key": field_key(name),
        "label": name[:120],
        "type": "slug" if kind == "uid" else _TYPES[kind],
        "required": bool(attribute.get("required")),
    }
    if not nested:
        options = (attribute.get("pluginOptions") or {}).get("i18n") or {}
        found["localized"] = bool(options.get("localized"))
        if attribute.get("unique") and kind in ("string", "email", "integer"):
            found["unique"] = True
    if _is_listed(attribute):
        found["multiple"] = True
    if kind == "enumeration":
        found["options"] = [{"value": str(one)} for one in attribute.get("enum") or []]
    if kind == "relation" and "::" in str(attribute.get("target")):
        found["to"] = [key_of(attribute["target"])]
    if kind == "component":
        found["component"] = key_of(attribute["component"])
    if kind == "dynamiczone":
        found["components"] = [key_of(one) for one in attribute.get("components") or []]
    return found


class _Reader:
    """Reads rows; what they mention of media is collected."""

    def __init__(
        self, schemas: Mapping[str, Mapping[str, Any]], data: Mapping[str, list[Row]]
    ) -> None:
        self.schemas = schemas
        #: What rows are called that are one document with others, by their type and id.
        self.names = {
            (uid, _document_id(row)): name
            for uid, rows in data.items()
            for row in rows
            if (name := _first_of(row)) is not None
        }
        self.assets: dict[str, AssetItem] = {}
        self.locales: set[str] = set()

    def entries(self, uid: str, rows: list[Row]) -> list[EntryItem]:
        """The rows of a type, those of one document together."""
        documents: dict[str, list[Row]] = {}
        for row in rows:
            documents.setdefault(self._name(uid, row), []).append(row)
        return [self._entry(uid, name, found) for name, found in documents.items()]

    def _entry(self, uid: str, name: str, rows: list[Row]) -> EntryItem:
        external_id, key = f"{PREFIX}{uid}:{name}", key_of(uid)
        self.locales |= {str(row["locale"]) for row in rows if row.get("locale")}
        if not (self.schemas[uid].get("options") or {}).get("draftAndPublish", True):
            return EntryItem(external_id, key, self._fields(uid, rows), None)
        live = {row.get("locale"): row for row in rows if row.get("publishedAt")}
        newer = {row.get("locale"): row for row in rows if not row.get("publishedAt")}
        fields = self._fields(uid, [*{**newer, **live}.values()])
        draft = self._fields(uid, [*{**live, **newer}.values()])
        published = tuple(str(one) for one in live if one is not None)
        return EntryItem(
            external_id,
            key,
            fields,
            published or (None if live else ()),
            draft if live and draft != fields else None,
        )

    def _fields(self, uid: str, rows: list[Row]) -> dict[str, Any]:
        """The values of the rows of a document, one for each language, the first one first for
        what is not localized.
        """
        attributes: Attributes = self.schemas[uid]["attributes"]
        fields: dict[str, Any] = {}
        for row in rows:
            locale = str(row.get("locale") or _OWN)
            for key, attribute in attributes.items():
                if key not in row:
                    continue
                value = self._value(attribute, row[key])
                definition = _field(key, attribute, nested=False)
                if definition["localized"]:
                    fields.setdefault(definition["key"], {})[locale] = value
                else:
                    fields.setdefault(definition["key"], value)
        return fields

    def _name(self, uid: str, row: Any) -> str:
        """What the document of a row, or of a mention of it, is called."""
        own = _document_id(row)
        return self.names.get((uid, own), own)

    def _value(self, attribute: Mapping[str, Any], value: Any) -> Any:
        if value is None or (attribute["type"] == "uid" and not value):
            return None
        if attribute["type"] in ("relation", "media"):
            value = inner_of(value)
            if value is None:
                return None
        if attribute["type"] == "dynamiczone":
            known = [one for one in value if one["__component"] in self.schemas]
            return [self._block(one, place) for place, one in enumerate(known)]
        if isinstance(value, list) and attribute["type"] in ("relation", "media", "component"):
            found = [self._one(attribute, one) for one in value]
            return found if _is_listed(attribute) else next(iter(found), None)
        return self._one(attribute, value)

    def _one(self, attribute: Mapping[str, Any], value: Any) -> Any:
        kind = attribute["type"]
        if kind == "relation":
            uid = attribute["target"]
            return Pointer(ENTRY, f"{PREFIX}{uid}:{self._name(uid, value)}")
        if kind == "media":
            return self._media(value)
        if kind == "component":
            return self._part(attribute["component"], value)
        convert = _CONVERTERS.get(kind)
        return value if convert is None else convert(value)

    def _part(self, uid: str, value: Mapping[str, Any]) -> dict[str, Any]:
        attributes: Attributes = self.schemas[uid]["attributes"]
        return {
            field_key(key): self._value(attribute, value[key])
            for key, attribute in attributes.items()
            if key in value
        }

    def _block(self, value: Mapping[str, Any], place: int) -> dict[str, Any]:
        uid = value["__component"]
        # The same whenever it is imported, so that nothing seems to have changed.
        block_id = uuid5(_BLOCKS, f"{uid}:{value.get('id', place)}")
        return {"id": str(block_id), "type": key_of(uid), "data": self._part(uid, value)}

    def _media(self, value: Any) -> Pointer:
        if isinstance(value, str):  # the name of a file, as the data of templates have it
            value = {"id": value, "url": value if "://" in value else f"/{value}", "name": value}
        name = f"{PREFIX}file:{_document_id(value)}"
        alt = value.get("alternativeText")
        values = {
            "title": str(value.get("caption") or "")[:255] or None,
            "alt": {_OWN: str(alt)[:500]} if alt else {},
        }
        filename = str(value.get("name") or str(value["url"]).rsplit("/", 1)[-1])
        self.assets[name] = AssetItem(name, str(value["url"]), filename, values)
        return Pointer(ASSET, name)


def rows_of(sent: Any) -> list[Row]:
    """The rows of a type: a list, or the one row of a single type, as such or as version 4 of
    Strapi wraps them, ``{"data": [{"id": 1, "attributes": {...}}]}``. What has no id is called by
    its place, as those of templates are in relations.
    """
    inner = inner_of(sent)
    rows = inner if isinstance(inner, list) else [] if inner is None else [inner]
    return [{"id": place, **row} for place, row in enumerate(rows, 1)]


def inner_of(value: Any) -> Any:
    """A value, or several, without what version 4 of Strapi wraps them in."""
    if isinstance(value, list):
        return [inner_of(one) for one in value]
    if isinstance(value, dict) and value.keys() <= {"data", "meta"} and "data" in value:
        return inner_of(value["data"])
    if isinstance(value, dict) and isinstance(value.get("attributes"), dict):
        return {"id": value.get("id"), **value["attributes"]}
    return value


def _first_of(row: Row) -> str | None:
    """The least id of the rows that a row of version 4 is one document with, in other languages."""
    others = inner_of(row.get("localizations"))
    if row.get("documentId") or not isinstance(others, list) or not others:
        return None
    ids = [one["id"] if isinstance(one, dict) else one for one in others]
    return str(min([row["id"], *ids], key=lambda one: (len(str(one)), str(one))))


def _document_id(row: Any) -> str:
    # A relation may be named by its id alone.
    return str(row.get("documentId") or row["id"]) if isinstance(row, dict) else str(row)


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "richtext": lambda value: from_markdown(str(value)),
    "blocks": tree_of_blocks,
    "datetime": moment,
    "timestamp": moment,
    "biginteger": int,
}
