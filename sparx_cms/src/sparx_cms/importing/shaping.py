"""Content types of a space, made of what is read and of what is there already."""

from __future__ import annotations

from typing import Any

from sparx_cms.importing.fitting import can_fit
from sparx_cms.models.content_types import COMPONENT, DEPRECATED, ContentType
from sparx_cms.models.entries import Entry
from sparx_cms.operations.content_types import create_content_type, update_content_type
from sparx_cms.schemas.content_types import ContentTypeChangesSchema, NewContentTypeSchema
from sparx_core import Conflict, Context, load

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
#: What a field says of other types, which may not be there yet when its own is made.
_OTHERS = ("to", "component", "components")


def create_type(ctx: Context, item: dict[str, Any]) -> str:
    """Make a type if there is none of its key, without what needs other types."""
    if _find(ctx, item["key"]) is not None:
        return UNCHANGED
    plain = [field for field in item["fields"] if not _needs_others(field)]
    body = {name: value for name, value in item.items() if name not in ("stages", "state")}
    body["fields"] = plain
    if body.get("displayField") not in {field["key"] for field in plain}:
        body.pop("displayField", None)
    create_content_type(ctx, load(NewContentTypeSchema(), body))
    return CREATED


def shape_type(ctx: Context, item: dict[str, Any]) -> str:
    """Add the fields that a type does not have yet. ``Conflict`` if it has one of the same key and
    of a type that values of the sent one cannot be of: nothing that is there is changed, but that
    a built-in type of which there are no entries demands no more than the one that is sent.
    """
    row = _find(ctx, item["key"])
    if row is None:
        return UNCHANGED  # it was refused before
    if row.kind != item.get("kind", "collection") and COMPONENT in (row.kind, item.get("kind")):
        raise Conflict(f"There is a content type {row.key} already, which is a {row.kind}.")
    present = {field["key"]: field for field in row.fields}
    for field in item["fields"]:
        there = present.get(field["key"])
        if there is not None and not can_fit(field["type"], there["type"]):
            raise Conflict(
                f"{row.key} has a field {field['key']} already, which is of type {there['type']}."
            )
    changes = _changes(row, item, unused=_is_unused(ctx, row))
    if not changes:
        return UNCHANGED
    update_content_type(ctx, row, load(ContentTypeChangesSchema(), changes, partial=True))
    return UPDATED


def _is_unused(ctx: Context, row: ContentType) -> bool:
    of_type = Entry.select(Entry.id).where(Entry.content_type == row.id).limit(1)
    return bool(row.built_in) and ctx.first(of_type) is None


def _changes(row: ContentType, item: dict[str, Any], *, unused: bool) -> dict[str, Any]:
    """The fields that are added. A built-in type that is ``unused`` also demands no others than
    the one of the file, or many entries of that could not be live, and is named by the same field.
    """
    present = {field["key"] for field in row.fields}
    added = [field for field in item["fields"] if field["key"] not in present]
    demanded = {field["key"] for field in item["fields"] if field.get("required")}
    eased = {
        one["key"]
        for one in row.fields
        if unused and one["required"] and one["key"] not in demanded
    }
    kept = [
        {"id": one["id"], "key": one["key"]} | ({"required": False} if one["key"] in eased else {})
        for one in row.fields
    ]
    found: dict[str, Any] = {"fields": [*kept, *added]} if added or eased else {}
    named = {field["id"]: field["key"] for field in row.fields}.get(row.display_field)
    if unused and item.get("displayField") not in (None, named):
        found["displayField"] = item["displayField"]
    return found


def has_more(item: dict[str, Any]) -> bool:
    """Whether a type is to have what would be in the way of importing its entries."""
    return bool(item.get("stages")) or item.get("state") == DEPRECATED


def finish_type(ctx: Context, item: dict[str, Any]) -> str:
    """Give a type its stages, if it has none, now that what was live is live; and deprecate it."""
    row = _find(ctx, item["key"])
    if row is None:
        return UNCHANGED  # it was refused before
    wanted: dict[str, Any] = {} if row.stages else {"stages": item.get("stages") or []}
    wanted["state"] = item.get("state") or row.state
    changes = load(ContentTypeChangesSchema(), wanted, partial=True)
    if all(getattr(row, name) == value for name, value in changes.items()):
        return UNCHANGED
    update_content_type(ctx, row, changes)
    return UPDATED


def _needs_others(field: dict[str, Any]) -> bool:
    inner = field.get("fields") or []
    return any(field.get(name) for name in _OTHERS) or any(map(_needs_others, inner))


def _find(ctx: Context, key: str) -> ContentType | None:
    found: ContentType | None = ctx.first(ContentType.select().where(ContentType.key == key))
    return found
