"""Placing what is beside entries: sites, taxonomies with their terms, folders and menus.

Each is known by its name: its host, its key, its place. What is there stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sparx_cms.importing.shaping import CREATED, UNCHANGED
from sparx_cms.models.assets import Folder
from sparx_cms.models.entries import Entry
from sparx_cms.models.menus import Menu
from sparx_cms.models.sites import Site
from sparx_cms.models.taxonomies import EntryTerm, Taxonomy, Term
from sparx_cms.operations.folders import create_folder
from sparx_cms.operations.menus import create_menu
from sparx_cms.operations.sites import create_site
from sparx_cms.operations.taxonomies import create_taxonomy, create_term
from sparx_cms.schemas.assets import FolderSchema
from sparx_cms.schemas.menus import MenuSchema
from sparx_cms.schemas.sites import SiteSchema
from sparx_cms.schemas.taxonomies import TaxonomySchema, TermSchema
from sparx_core import Context, ValidationFailed, load

Item = Mapping[str, Any]


def place_site(ctx: Context, item: Item) -> str:
    data = load(SiteSchema(), dict(item))
    if ctx.match(Site, "host", [data["host"]]):
        return UNCHANGED
    create_site(ctx, data)
    return CREATED


def place_taxonomy(ctx: Context, item: Item) -> str:
    if ctx.match(Taxonomy, "key", [str(item["key"])]):
        return UNCHANGED
    create_taxonomy(ctx, load(TaxonomySchema(), dict(item)))
    return CREATED


def place_term(ctx: Context, item: Item) -> str:
    taxonomy = _taxonomy(ctx, item["taxonomy"])
    if _term(ctx, taxonomy, item["slug"]) is not None:
        return UNCHANGED
    parent = item.get("parent")
    above = None if parent is None else _term(ctx, taxonomy, parent)
    if parent is not None and above is None:
        raise ValidationFailed([("parent", "There is no such term.")])
    body = {name: item[name] for name in ("slug", "name", "description") if name in item}
    body |= {"taxonomyId": str(taxonomy.id), "parentId": None if above is None else str(above.id)}
    create_term(ctx, load(TermSchema(), body))
    return CREATED


def attach_terms(ctx: Context, entry: Entry, terms: tuple[tuple[str, str], ...]) -> None:
    """Give an entry terms that it does not have yet."""
    present = {one.term for one in ctx.match(EntryTerm, "entry", [entry.id])}
    for key, slug in terms:
        term = _term(ctx, _taxonomy(ctx, key), slug)
        if term is None:
            raise ValidationFailed([("terms", f"There is no term {slug[:80]} of {key[:80]}.")])
        if term.id not in present:
            ctx.insert(EntryTerm(entry=entry.id, term=term.id))


def folder_at(ctx: Context, names: tuple[str, ...]) -> UUID | None:
    """The folder at a path, made as far as it is not there."""
    parent: UUID | None = None
    for name in names:
        place = f"{parent or ''}/{name.casefold()}"
        found = next(iter(ctx.match(Folder, "place", [place])), None)
        if found is None:
            body = {"name": name, "parentId": None if parent is None else str(parent)}
            found = create_folder(ctx, load(FolderSchema(), body))
            ctx.flush()
        parent = found.id
    return parent


def is_menu_there(ctx: Context, key: str) -> bool:
    return bool(ctx.match(Menu, "key", [key]))


def place_menu(ctx: Context, body: Item) -> str:
    """Make a menu, in whose items ids stand for pointers. One whose entry is neither in the file
    nor here leads nowhere.
    """
    create_menu(ctx, load(MenuSchema(), dict(body)))
    return CREATED


def _taxonomy(ctx: Context, key: str) -> Taxonomy:
    found: Taxonomy | None = next(iter(ctx.match(Taxonomy, "key", [key])), None)
    if found is None:
        raise ValidationFailed([("taxonomy", f"There is no taxonomy {key[:80]}.")])
    return found


def _term(ctx: Context, taxonomy: Taxonomy, slug: str) -> Term | None:
    found: Term | None = ctx.first(
        Term.select().where(Term.taxonomy == taxonomy.id, Term.slug == slug)
    )
    return found
