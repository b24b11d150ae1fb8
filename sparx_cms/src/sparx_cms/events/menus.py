"""What happens to menus. What is in them, those may read who may see drafts."""

from __future__ import annotations

from sparx_core import Event


class MenuCreated(Event):
    """A menu was made."""

    name, resource = "menu.created", "cms.menu_notices"


class MenuUpdated(Event):
    """A menu was changed: it has other items, or another name."""

    name, resource = "menu.updated", "cms.menu_notices"


class MenuDeleted(Event):
    """A menu was deleted."""

    name, resource = "menu.deleted", "cms.menu_notices"
