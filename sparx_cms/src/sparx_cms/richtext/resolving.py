"""What references of rich text lead to in a tenant, found for a whole tree at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sparx_cms.media.places import PUBLIC
from sparx_cms.models.assets import READY, Asset
from sparx_cms.models.entries import Entry, EntryLocale
from sparx_cms.richtext.nodes import Tree
from sparx_cms.richtext.references import references
from sparx_cms.richtext.targets import Resolve, Target
from sparx_cms.types import catalogue, title_in
from sparx_core import Context


def resolver(ctx: Context, tree: Tree, chain: Sequence[str], *, live: bool) -> Resolve:
    """Resolves what a tree refers to, as readers of a language see it: entries that are live, or
    in the draft view all that are not archived, and assets that are ready. Two or three statements.
    """
    found = references(tree)
    targets: Mapping[tuple[str, str], Target] = {
        **_entries(ctx, found.entries, chain, live=live),
        **_assets(ctx, found.assets, chain),
    }
    return lambda kind, id: targets.get((kind, id))


def _entries(
    ctx: Context, ids: Iterable[str], chain: Sequence[str], *, live: bool
) -> dict[tuple[str, str], Target]:
    wanted = [UUID(one) for one in ids]
    if not wanted:
        return {}
    there = Entry.id.in_(wanted) & ~Entry.trashed & Entry.archived_at.is_null()
    entries: list[Entry] = ctx.all(Entry.select().where(there))
    seen = [one for one in entries if not live or set(chain) & set(one.live_locales)]
    rows: list[EntryLocale] = ctx.all(
        EntryLocale.select().where(
            EntryLocale.entry.in_([one.id for one in seen]), EntryLocale.locale.in_(list(chain))
        )
    )
    paths = {(row.entry, row.locale): row.live_path if live else row.path for row in rows}
    types = catalogue(ctx).by_id
    return {
        ("entry", str(one.id)): Target(
            url=next((p for code in chain if (p := paths.get((one.id, code)))), None),
            title=title_in(types[one.content_type], (one.live if live else one.draft) or {}, chain),
        )
        for one in seen
    }


def _assets(
    ctx: Context, ids: Iterable[str], chain: Sequence[str]
) -> dict[tuple[str, str], Target]:
    wanted = [UUID(one) for one in ids]
    if not wanted:
        return {}
    ready = Asset.id.in_(wanted) & ~Asset.trashed & (Asset.status == READY)
    assets: list[Asset] = ctx.all(Asset.select().where(ready))
    return {
        ("asset", str(one.id)): Target(
            url=f"{PUBLIC}/{one.token}/file?v={one.content_version}",
            title=one.title,
            alt=next((text for code in chain if (text := one.alt.get(code))), None),
            width=one.width,
            height=one.height,
        )
        for one in assets
    }
