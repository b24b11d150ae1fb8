"""Rich text: turned from one format into another, and shown as it is in an entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sparx_cms.models.entries import EVERY, Entry
from sparx_cms.richtext import (
    Resolve,
    from_html,
    from_markdown,
    to_html,
    to_markdown,
    to_text,
    validate,
)
from sparx_cms.richtext.nodes import Tree
from sparx_cms.richtext.resolving import resolver
from sparx_cms.schemas.rich_text import (
    HTML,
    MARKDOWN,
    TEXT,
    TREE,
    ConvertedTextSchema,
    ShownTextQuery,
    ShownTextSchema,
    TextConversionSchema,
)
from sparx_cms.types import FieldDefinition, TypeDefinition, content_type, locales
from sparx_cms.types.definitions import RICH_TEXT
from sparx_core import (
    BadRequest,
    Context,
    NotFound,
    ValidationFailed,
    Values,
    operation,
    parse_uuid,
    querying,
)

_SHOW: Mapping[str, Callable[[Tree, Resolve], str]] = {
    HTML: to_html,
    MARKDOWN: to_markdown,
    TEXT: to_text,
}


@operation(
    "POST",
    "/rich-text/convert",
    name="rich_text.convert",
    module="cms",
    scope="read:cms",
    body=TextConversionSchema,
    answer=ConvertedTextSchema,
    raises=[ValidationFailed],
    shared=True,
)
def convert(ctx: Context, data: Values) -> Values:
    """Turn rich text from one format into another: nothing is stored. Entries and assets that it
    refers to are resolved as readers of the tenant's own language see them.
    """
    source, to, content = data["source"], data["to"], data["content"]
    if isinstance(content, str) == (source == TREE):
        told = "Must be a tree, an object." if source == TREE else "Must be a text."
        raise ValidationFailed([("content", told)])
    readers: Mapping[str, Callable[[Any], Tree]] = {HTML: from_html, MARKDOWN: from_markdown}
    tree = validate(content if source == TREE else readers[source](content), ("content",))
    if to == TREE:
        return {"format": to, "content": tree}
    known = locales(ctx)
    resolve = resolver(ctx, tree, known.chain(known.default), live=True)
    return {"format": to, "content": _SHOW[to](tree, resolve)}


@querying(ShownTextQuery)
@operation(
    "GET",
    "/entries/{id}/rich-text",
    name="entries.rich_text",
    module="cms",
    scope="read:cms",
    answer=ShownTextSchema,
    raises=[NotFound, BadRequest, ValidationFailed],
)
def show_rich_text(ctx: Context, id: str, query: Values) -> Values:
    """A field of rich text of an entry, as HTML that is safe to put into a page, as Markdown or as
    plain text. What it refers to leads to the pages and files that readers of the language see.
    """
    live = query["status"] == "published"
    if not live:
        ctx.require("cms", "draft:cms")
    known = locales(ctx)
    chain = known.chain(query.get("locale", known.default))
    entry = _seen(ctx, id, chain, live=live)
    field = _field(content_type(ctx, entry.content_type), query.get("field"))
    locale, tree = _value(entry, field, chain, live=live)
    told = {"id": str(entry.id), "field": field.key, "format": query["format"], "locale": locale}
    if tree is None:
        return {**told, "content": ""}
    resolve = resolver(ctx, tree, chain, live=live)
    return {**told, "content": _SHOW[query["format"]](tree, resolve)}


def _seen(ctx: Context, id: str, chain: Sequence[str], *, live: bool) -> Entry:
    """An entry that readers of the view see; ``NotFound`` if they see none."""
    row_id = parse_uuid(id)
    entry = None if row_id is None else ctx.find(Entry, row_id)
    if entry is None or entry.trashed or entry.archived_at is not None:
        raise NotFound
    if live and not set(chain) & set(entry.live_locales):
        raise NotFound
    return entry


def _field(type_: TypeDefinition, key: str | None) -> FieldDefinition:
    """A field of rich text, the first one of the type if none is named."""
    for field in type_.by_key.values():
        if field.type == RICH_TEXT and key in (None, field.key):
            return field
    told = "text" if key is None else f"text {key[:64]!r}"
    raise BadRequest(f"{type_.key} has no rich {told}.", details={"parameter": "field"})


def _value(
    entry: Entry, field: FieldDefinition, chain: Sequence[str], *, live: bool
) -> tuple[str | None, Tree | None]:
    """The text in the first language that has one, and which that is."""
    values = ((entry.live if live else entry.draft) or {}).get(field.id, {})
    for locale in (*chain, EVERY):
        if values.get(locale) is not None:
            return None if locale == EVERY else locale, values[locale]
    return None, None
