"""Menus of a site."""

from __future__ import annotations

from peewee import TextField

from sparx_core import JsonField, TenantModel, default


class Menu(TenantModel):
    """A menu, found by its ``key``.

    ``items`` is a tree, as it was sent, each item with an ``id``: ``{"id", "label", "entryId" or
    "url" or neither, "openInNewTab", "children"}``. An item with an entry leads to wherever its
    page is; one whose entry is gone is not shown.
    """

    key = TextField()
    name = TextField()
    items = JsonField(constraints=[default("'[]'")])

    class Meta:
        schema = "cms"
        table_name = "menus"
        indexes = ((("key",), True),)
