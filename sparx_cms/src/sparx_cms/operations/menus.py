"""Menus: edited as a whole, and shown with the pages that are live."""

from __future__ import annotations

from typing import Any

from sparx_cms.events.menus import MenuCreated, MenuDeleted, MenuUpdated
from sparx_cms.menus import entries_in, shown_items
from sparx_cms.models.entries import Entry
from sparx_cms.models.menus import Menu
from sparx_cms.schemas.menus import MenuNoticeSchema, MenuSchema, ShownMenuQuery, ShownMenuSchema
from sparx_cms.types import locales
from sparx_core import (
    Conflict,
    Context,
    NotFound,
    Resource,
    ValidationFailed,
    Values,
    operation,
    querying,
)


class _Menus(Resource):
    """Menus with what is not live yet: for those who edit them."""

    read_scope = "draft:cms"


menus = _Menus("menus", Menu, MenuSchema, filters=("key",), sorts=("key", "createdAt"), bulk=False)


class _Notices(Resource):
    """What events show of menus."""

    read_scope = "read:cms"
    audited, counted = False, False


menu_notices = _Notices("menu_notices", Menu, MenuNoticeSchema, exposed=False, bulk=False)


@menus.create(emits=[MenuCreated], raises=[Conflict, ValidationFailed])
def create_menu(ctx: Context, data: Values) -> Menu:
    """Make a menu. ``conflict`` if there is one with its key."""
    menu = Menu(**{"items": [], **data})
    _check_entries(ctx, menu.items)
    ctx.insert(menu)
    ctx.emit(MenuCreated(menu))
    return menu


@menus.update(emits=[MenuUpdated], raises=[Conflict, ValidationFailed])
def update_menu(ctx: Context, menu: Menu, data: Values) -> Menu:
    """Change a menu; absent fields stay. `items` take the place of all that it has; those that are
    sent with their ids keep them.
    """
    _check_entries(ctx, data.get("items", []))
    if any(getattr(menu, name) != value for name, value in data.items()):
        ctx.update(menu, **data)
        ctx.emit(MenuUpdated(menu))
    return menu


@menus.delete(emits=[MenuDeleted], raises=[])
def delete_menu(ctx: Context, menu: Menu) -> None:
    """Delete a menu."""
    ctx.delete(menu)
    ctx.emit(MenuDeleted(menu))


@querying(ShownMenuQuery)
@operation(
    "GET",
    "/menus/by-key/{key}",
    name="menus.show",
    module="cms",
    scope="read:cms",
    answer=ShownMenuSchema,
    raises=[NotFound, ValidationFailed],
    shared=True,
)
def show_menu(ctx: Context, key: str, query: Values) -> Values:
    """A menu as readers see it: its items lead to where the pages of entries are now. Those whose
    page is not live are not there, with all below them.
    """
    found: Any = next(iter(ctx.match(Menu, "key", [key])), None)
    if found is None:
        raise NotFound
    known = locales(ctx)
    locale = query.get("locale") or known.default
    chain = known.chain(locale)
    return {
        "id": found.id,
        "key": found.key,
        "name": found.name,
        "locale": locale,
        "items": shown_items(ctx, found, chain),
    }


def _check_entries(ctx: Context, items: list[Values]) -> None:
    wanted = set(entries_in(items))
    if not wanted:
        return
    query = Entry.select(Entry.id).where(Entry.id.in_(sorted(wanted)), ~Entry.trashed)
    there = {one.id for one in ctx.all(query)}
    missing = sorted(wanted - there)
    if missing:
        raise ValidationFailed([("items", f"There is no entry {one}.") for one in missing[:20]])
