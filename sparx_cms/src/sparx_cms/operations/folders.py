"""Folders of the media library."""

from __future__ import annotations

from uuid import UUID

from sparx_cms.errors.media import FolderNotEmpty
from sparx_cms.models.assets import Asset, Folder
from sparx_cms.schemas.assets import FolderSchema
from sparx_core import Context, Resource, ValidationFailed, Values

#: Folders in folders.
MAX_DEPTH = 20

folders = Resource(
    "folders", Folder, FolderSchema, filters=("parentId", "name"), sorts=("name", "createdAt")
)


@folders.create(raises=[])
def create_folder(ctx: Context, data: Values) -> Folder:
    """Make a folder. ``conflict`` if there is one of this name in the same place."""
    _check_place(ctx, None, data.get("parent"))
    return ctx.insert(Folder(**data, place=_place(data.get("parent"), data["name"])))


@folders.update(raises=[])
def change_folder(ctx: Context, folder: Folder, data: Values) -> Folder:
    """Rename a folder, or move it with all that is in it."""
    if "parent" in data:
        _check_place(ctx, folder.id, data["parent"])
    place = _place(data.get("parent", folder.parent), data.get("name", folder.name))
    return ctx.update(folder, **data, place=place)


@folders.delete(raises=[FolderNotEmpty])
def delete_folder(ctx: Context, folder: Folder) -> None:
    """Delete an empty folder. Assets that are in the trash, and were in it, are in none then."""
    inside = (Asset.folder == folder.id) & ~Asset.trashed
    if ctx.match(Folder, "parent", [folder.id]) or ctx.first(Asset.select(Asset.id).where(inside)):
        raise FolderNotEmpty
    ctx.delete(folder)


def _place(parent: UUID | None, name: str) -> str:
    return f"{parent or ''}/{name.casefold()}"


def _check_place(ctx: Context, folder: UUID | None, parent: UUID | None) -> None:
    """``ValidationFailed`` for a folder that would be inside of itself, or too deep."""
    above: UUID | None = parent
    for _ in range(MAX_DEPTH):
        if above is None:
            return
        if above == folder:
            raise ValidationFailed([("parentId", "A folder cannot be inside of itself.")])
        found = ctx.find(Folder, above, lock=folder is not None)
        above = None if found is None else found.parent
    raise ValidationFailed([("parentId", f"Folders are at most {MAX_DEPTH} deep.")])
