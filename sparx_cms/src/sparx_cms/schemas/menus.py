"""Menus on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from sparx_cms.schemas.redirects import Target
from sparx_core import (
    Flag,
    Id,
    ListOf,
    ObjectSchema,
    ResourceSchema,
    Text,
    Timestamp,
    json_schema,
    uuid7,
)

#: Items of one menu in all, and levels of them.
MAX_ITEMS, MAX_LEVELS = 500, 5
#: Languages of a label.
MAX_LABELS = 50
KEY = r"[a-z][a-z0-9_-]{0,62}\Z"


class Label(fields.Field[Any]):
    """What an item is called: a text, or one for each language."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, Mapping) and 0 < len(value) <= MAX_LABELS:
            return {Text(35).deserialize(code): Text(255).deserialize(one)
                    for code, one in value.items()}  # fmt: skip
        return Text(255).deserialize(value)


class MenuItemSchema(ObjectSchema):
    """An item of a menu: it leads to the page of an entry, to an address, or nowhere."""

    id = Id()
    label = Label(required=True)
    entry_id = Id(allow_none=True)
    url = Target(allow_none=True)
    open_in_new_tab = Flag()
    children = ListOf(fields.Raw(), maximum=MAX_ITEMS)


class MenuItems(fields.Field[Any]):
    """A tree of items, in wire form, each with an id that it keeps."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        items, count = _loaded(value, 1)
        if count > MAX_ITEMS:
            raise ValidationError(f"Must have at most {MAX_ITEMS} items in all.")
        return items


def _loaded(value: Any, level: int) -> tuple[list[dict[str, Any]], int]:
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise ValidationError(f"Must be a list of at most {MAX_ITEMS} items.")
    if value and level > MAX_LEVELS:
        raise ValidationError(f"Must have at most {MAX_LEVELS} levels.")
    found, count, problems = [], 0, {}
    for place, one in enumerate(value):
        try:
            item, below = _item(one, level)
        except ValidationError as error:
            problems[place] = error.messages
            continue
        found.append(item)
        count += 1 + below
    if problems:
        raise ValidationError(problems)
    return found, count


def _item(value: Any, level: int) -> tuple[dict[str, Any], int]:
    if not isinstance(value, Mapping):
        raise ValidationError("Must be a JSON object.")
    sent = MenuItemSchema().load(dict(value))
    if sent.get("entry_id") is not None and sent.get("url") is not None:
        raise ValidationError({"url": ["Leads to an entry already."]})
    try:
        children, below = _loaded(sent.get("children", []), level + 1)
    except ValidationError as error:
        raise ValidationError({"children": error.messages}) from None
    entry = sent.get("entry_id")
    return {
        "id": str(sent.get("id") or uuid7()),
        "label": sent["label"],
        "entryId": None if entry is None else str(entry),
        "url": sent.get("url"),
        "openInNewTab": sent.get("open_in_new_tab", False),
        "children": children,
    }, below


@json_schema.register
def _(field: MenuItems) -> dict[str, Any]:
    return _described(1)


def _described(level: int) -> dict[str, Any]:
    """Items of a level, with those below them."""
    if level > MAX_LEVELS:
        return {"type": "array", "maxItems": 0}
    item = {
        "type": "object",
        "required": ["label"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "label": _label(),
            "entryId": {"type": ["string", "null"], "format": "uuid"},
            "url": {"type": ["string", "null"]},
            "openInNewTab": {"type": "boolean"},
            "children": _described(level + 1),
        },
        "additionalProperties": False,
    }
    return {"type": "array", "maxItems": MAX_ITEMS, "items": item}


def _label() -> dict[str, Any]:
    one = json_schema(Text(255))
    each = {
        "type": "object",
        "propertyNames": json_schema(Text(35)),
        "additionalProperties": one,
        "minProperties": 1,
        "maxProperties": MAX_LABELS,
    }
    return {
        "description": 'A text, or one for each language: `{"en": "Home"}`.',
        "anyOf": [one, each],
    }


@json_schema.register
def _(field: Label) -> dict[str, Any]:
    return {"description": "A text, or one for each language.", "examples": [{"en": "Home"}]}


def key_field(example: str) -> fields.String:
    """A name in lower case by which programs find something."""
    told = "Must be in lower case, begin with a letter and have at most 63 characters."
    return fields.String(
        required=True, validate=validate.Regexp(KEY, error=told), metadata={"example": example}
    )


class MenuSchema(ResourceSchema):
    """A menu, for those who edit it. What readers are shown of it is at `/menus/by-key/{key}`."""

    key = key_field("main")
    name = Text(120, required=True, metadata={"example": "Main menu"})
    items = MenuItems(
        metadata={
            "description": f"At most {MAX_ITEMS}, {MAX_LEVELS} levels deep.",
            "example": [{
                "id": "01a20085-f05f-7561-8527-0ce6b3bebd1d",
                "label": {"en": "Home"},
                "entryId": None,
                "url": "/",
                "openInNewTab": False,
                "children": [],
            }],
        }
    )  # fmt: skip
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class MenuNoticeSchema(ResourceSchema):
    """Which menu it is. Its items may lead to what is not live yet: they are in the menu itself."""

    key = fields.String(dump_only=True, metadata={"example": "main"})
    name = fields.String(dump_only=True, metadata={"example": "Main menu"})
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class ShownMenuQuery(ObjectSchema):
    """For whom the menu is."""

    locale = Text(35, metadata={"description": "Without it the tenant's own language."})


class ShownMenuSchema(ObjectSchema):
    """A menu as readers see it."""

    id = Id(required=True)
    key = fields.String(required=True, metadata={"example": "main"})
    name = fields.String(required=True, metadata={"example": "Main menu"})
    locale = fields.String(required=True, metadata={"example": "en"})
    items = fields.List(
        fields.Dict(),
        required=True,
        metadata={
            "description": "`id`, `label`, `href` (null where it leads nowhere), `entryId`,"
            " `openInNewTab` and `children` of each."
        },
    )
