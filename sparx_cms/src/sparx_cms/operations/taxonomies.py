"""Taxonomies and terms, and which entries have them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

from peewee import SQL, Expression, Function, NodeList, Select, Table

from sparx_cms.editorial import DRAFT_SCOPE
from sparx_cms.errors.taxonomies import TermCycle
from sparx_cms.events.taxonomies import (
    TaxonomyCreated,
    TaxonomyDeleted,
    TaxonomyUpdated,
    TermCreated,
    TermDeleted,
    TermUpdated,
)
from sparx_cms.models.entries import Entry
from sparx_cms.models.taxonomies import EntryTerm, Taxonomy, Term
from sparx_cms.operations.finding import row_named
from sparx_cms.schemas.entries import EntrySchema
from sparx_cms.schemas.taxonomies import (
    EntryTermSchema,
    TaxonomySchema,
    TermChangesSchema,
    TermEntriesMeta,
    TermEntriesQuery,
    TermSchema,
)
from sparx_cms.types import locales, slugify
from sparx_core import (
    Conflict,
    Context,
    NotFound,
    Resource,
    Scope,
    Told,
    ValidationFailed,
    Values,
    holds_scope,
    operation,
    querying,
)

#: How far a term may be from the top of its tree.
MAX_ABOVE = 20
#: A term and all below it; the entries that have one of those and are live, newest first.
_ENTRIES = """
WITH RECURSIVE below (id, depth) AS (
    SELECT %s::uuid, 0
    UNION SELECT t.id, b.depth + 1 FROM cms.terms t JOIN below b ON t.parent_id = b.id
     WHERE %s AND b.depth < 50),
found AS (
    SELECT DISTINCT e.id FROM below b JOIN cms.entry_terms x ON x.term_id = b.id
      JOIN cms.entries e ON e.id = x.entry_id
     WHERE NOT e.trashed AND e.archived_at IS NULL AND e.live_locales && %s::text[]
       AND (%s::uuid IS NULL OR e.id < %s::uuid)
     ORDER BY e.id DESC LIMIT %s)
SELECT f.id, cms.shown_entry(f.id, %s::text[], true)::text FROM found f ORDER BY f.id DESC
"""

taxonomies = Resource(
    "taxonomies", Taxonomy, TaxonomySchema, filters=("key",), sorts=("key", "createdAt")
)
terms = Resource(
    "terms",
    Term,
    TermSchema,
    search=("name", "slug"),
    filters=("taxonomyId", "parentId", "slug"),
    sorts=("name", "slug", "createdAt"),
)
#: Nobody's record: everybody who may read at all reads them.
taxonomies.shared = terms.shared = True


def _live_or_drafts(row: Scope) -> Any:
    """Terms of what is live; of drafts for those who may see them."""
    entries = Table("entries", schema="cms", alias="termed")
    live = Select([entries], [SQL("1")]).where(
        (entries.c.id == row.column("entry_id")) & NodeList((SQL("NOT"), entries.c.trashed)),
        NodeList((Function("cardinality", (entries.c.live_locales,)), SQL("> 0"))),
    )
    return Expression(holds_scope(DRAFT_SCOPE), "OR", NodeList((SQL("EXISTS"), live)))


class _EntryTerms(Resource):
    """What not everybody sees all of, and so is counted by whoever asks."""

    counted, export_scope = False, DRAFT_SCOPE
    visible = staticmethod(_live_or_drafts)


entry_terms = _EntryTerms(
    "entry_terms", EntryTerm, EntryTermSchema, filters=("entryId", "termId"), sorts=("createdAt",)
)


@taxonomies.create(emits=[TaxonomyCreated], raises=[Conflict])
def create_taxonomy(ctx: Context, data: Values) -> Taxonomy:
    """Make a taxonomy. ``conflict`` if there is one with its key."""
    taxonomy = ctx.insert(Taxonomy(**data))
    ctx.emit(TaxonomyCreated(taxonomy))
    return taxonomy


@taxonomies.update(emits=[TaxonomyUpdated], raises=[Conflict])
def update_taxonomy(ctx: Context, taxonomy: Taxonomy, data: Values) -> Taxonomy:
    """Change a taxonomy; absent fields stay. ``conflict`` if it is to be flat, and has terms that
    are below others.
    """
    if taxonomy.hierarchical and data.get("hierarchical") is False:
        _take_turns(ctx)
        if any(one.parent is not None for one in ctx.match(Term, "taxonomy", [taxonomy.id])):
            raise Conflict("It has terms that are below others.")
    if any(getattr(taxonomy, name) != value for name, value in data.items()):
        ctx.update(taxonomy, **data)
        ctx.emit(TaxonomyUpdated(taxonomy))
    return taxonomy


@taxonomies.delete(emits=[TaxonomyDeleted], raises=[Conflict])
def delete_taxonomy(ctx: Context, taxonomy: Taxonomy) -> None:
    """Delete a taxonomy; ``conflict`` while it has terms."""
    ctx.delete(taxonomy)
    ctx.emit(TaxonomyDeleted(taxonomy))


@terms.create(emits=[TermCreated], raises=[Conflict, TermCycle, ValidationFailed])
def create_term(ctx: Context, data: Values) -> Term:
    """Make a term. ``conflict`` if its taxonomy has one with its slug."""
    slug = data.get("slug") or slugify(data["name"])[:255]
    if not slug:
        raise ValidationFailed([("slug", "Nothing of the name can be in a slug: send one.")])
    term = Term(**{**data, "slug": slug})
    if term.parent is not None:
        _check_above(ctx, term)
    ctx.insert(term)
    ctx.emit(TermCreated(term))
    return term


@terms.update(
    body=TermChangesSchema, emits=[TermUpdated], raises=[Conflict, TermCycle, ValidationFailed]
)
def update_term(ctx: Context, term: Term, data: Values) -> Term:
    """Change a term; absent fields stay. ``term_cycle`` if its new parent is below it."""
    if data.get("parent") is not None and data["parent"] != term.parent:
        _check_above(ctx, Term(id=term.id, taxonomy=term.taxonomy, parent=data["parent"]))
    if any(getattr(term, name) != value for name, value in data.items()):
        ctx.update(term, **data)
        ctx.emit(TermUpdated(term))
    return term


@terms.delete(emits=[TermDeleted], raises=[Conflict])
def delete_term(ctx: Context, term: Term) -> None:
    """Delete a term: no entry has it any more. ``conflict`` while there are terms below it."""
    ctx.delete(term)
    ctx.emit(TermDeleted(term))


@entry_terms.create(raises=[Conflict, ValidationFailed])
def attach_term(ctx: Context, data: Values) -> EntryTerm:
    """Give an entry a term. ``conflict`` if it has it already."""
    entry = ctx.find(Entry, data["entry"])
    if entry is None or entry.trashed:
        raise ValidationFailed([("entryId", "There is no such row.")])
    return ctx.insert(EntryTerm(**data))


@entry_terms.delete(raises=[])
def detach_term(ctx: Context, row: EntryTerm) -> None:
    """Take a term from an entry."""
    ctx.delete(row)


@querying(TermEntriesQuery, meta=TermEntriesMeta)
@operation(
    "GET",
    "/terms/{id}/entries",
    name="terms.entries",
    module="cms",
    scope="read:cms",
    answer=EntrySchema(many=True),
    raises=[NotFound, ValidationFailed],
)
def list_term_entries(ctx: Context, id: str, query: Values) -> Told:
    """The live entries that have a term, or one below it, newest first, as readers see them."""
    term = row_named(ctx, Term, id)
    known = locales(ctx)
    chain = list(known.chain(query.get("locale") or known.default))
    after: UUID | None = query.get("after")
    asked = (str(term.id), query["below"], chain, after, after, query["take"] + 1, chain)
    rows: list[Any] = ctx.all(Term.raw(_ENTRIES, *asked).tuples())
    shown = rows[: query["take"]]
    more = shown[-1][0] if len(rows) > len(shown) else None
    entries = [json.loads(text, parse_float=Decimal) for _, text in shown]
    return Told(entries, {"next_cursor": more})


def _take_turns(ctx: Context) -> None:
    """Two that each go below the other would not see one another."""
    ctx.transaction.take_turns("the trees of terms")


def _check_above(ctx: Context, term: Term) -> None:
    """What keeps a term from being below its parent."""
    _take_turns(ctx)
    taxonomy = ctx.find(Taxonomy, term.taxonomy)
    if taxonomy is not None and not taxonomy.hierarchical:
        raise ValidationFailed([("parentId", "The taxonomy has no terms below others.")])
    path: list[str] = []
    above: UUID | None = term.parent
    while above is not None:
        path.append(str(above))
        found = ctx.find(Term, above)
        if above == term.id:
            raise TermCycle(path)
        if found is None or found.taxonomy != term.taxonomy:
            raise ValidationFailed([("parentId", "There is no such term in the taxonomy.")])
        if len(path) > MAX_ABOVE:
            raise ValidationFailed([("parentId", f"More than {MAX_ABOVE} terms are above it.")])
        above = found.parent
