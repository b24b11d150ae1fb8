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
Attributes = Mapping[str, Mapping[str, Any]]


def read_strapi(export: Mapping[str, Any]) -> Space:
    """The content of an export; attributes of types that there are none of here are left out."""
    types, components = export.get("contentTypes") or {}, export.get("components") or {}
    reader = _Reader({**types, **components})
    entries = [
        found
        for uid, rows in (export.get("data") or {}).items()
        if uid in types
        for found in reader.entries(uid, rows)
    ]
    locales = sorted({code for one in entries for code in one.published or ()} | reader.locales)
    return Space(
        locales=[{"code": code, "name": code} for code in locales],
        types=[
            *(_type(uid, one, "component") for uid, one in components.items()),
            *(_type(uid, one, "collection") for uid, one in types.items()),
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
            if _is_taken(attribute)
        ],
    }


def _is_taken(attribute: Mapping[str, Any]) -> bool:
    """Whether it is kept here: no secrets, and of a relation the side that holds it."""
    return attribute["type"] in _TYPES and not attribute.get("mappedBy")


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

    def __init__(self, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        self.schemas = schemas
        self.assets: dict[str, AssetItem] = {}
        self.locales: set[str] = set()

    def entries(self, uid: str, rows: list[Mapping[str, Any]]) -> list[EntryItem]:
        """The rows of a type, those of one document together."""
        documents: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            documents.setdefault(_document_id(row), []).append(row)
        return [self._entry(uid, name, found) for name, found in documents.items()]

    def _entry(self, uid: str, name: str, rows: list[Mapping[str, Any]]) -> EntryItem:
        attributes: Attributes = self.schemas[uid]["attributes"]
        fields: dict[str, Any] = {}
        for row in rows:
            locale = str(row.get("locale") or _OWN)
            if row.get("locale"):
                self.locales.add(locale)
            for key, attribute in attributes.items():
                if key not in row or not _is_taken(attribute):
                    continue
                value = self._value(attribute, row[key])
                definition = _field(key, attribute, nested=False)
                if definition["localized"]:
                    fields.setdefault(definition["key"], {})[locale] = value
                else:
                    fields.setdefault(definition["key"], value)
        published = tuple(
            str(row["locale"]) for row in rows if row.get("publishedAt") and row.get("locale")
        )
        anywhere = any(row.get("publishedAt") for row in rows)
        return EntryItem(
            f"{PREFIX}{uid}:{name}", key_of(uid), fields, published or (None if anywhere else ())
        )

    def _value(self, attribute: Mapping[str, Any], value: Any) -> Any:
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
            return Pointer(ENTRY, f"{PREFIX}{attribute['target']}:{_document_id(value)}")
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
            if key in value and _is_taken(attribute)
        }

    def _block(self, value: Mapping[str, Any], place: int) -> dict[str, Any]:
        uid = value["__component"]
        # The same whenever it is imported, so that nothing seems to have changed.
        block_id = uuid5(_BLOCKS, f"{uid}:{value.get('id', place)}")
        return {"id": str(block_id), "type": key_of(uid), "data": self._part(uid, value)}

    def _media(self, value: Mapping[str, Any]) -> Pointer:
        name = f"{PREFIX}file:{_document_id(value)}"
        alt = value.get("alternativeText")
        values = {
            "title": str(value.get("caption") or "")[:255] or None,
            "alt": {_OWN: str(alt)[:500]} if alt else {},
        }
        filename = str(value.get("name") or str(value["url"]).rsplit("/", 1)[-1])
        self.assets[name] = AssetItem(name, str(value["url"]), filename, values)
        return Pointer(ASSET, name)


def _document_id(row: Mapping[str, Any]) -> str:
    return str(row.get("documentId") or row["id"])


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "richtext": lambda value: from_markdown(str(value)),
    "blocks": tree_of_blocks,
    "datetime": moment,
    "timestamp": moment,
    "biginteger": int,
}
