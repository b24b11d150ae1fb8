"""What a change of content types means for the entries that are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from peewee import SQL, Function

from sparx_cms.models.entries import Entry
from sparx_cms.types.catalogue import Catalogue
from sparx_cms.types.problems import Problem, problems_of_many
from sparx_core import Context, Values

#: Entries that are looked at, and how many of those that are unfit are told.
MAX_CHECKED, MAX_TOLD = 500, 20


def impact(
    ctx: Context, before: Catalogue, after: Catalogue, types: Collection[UUID], *, narrows: bool
) -> Values:
    """How many entries the types have, and which of the newest could be published and could not
    any more: none is looked at where nothing ``narrows``.
    """
    mine = Entry.content_type.in_(list(types)) & ~Entry.trashed
    counted = Entry.select(Function("count", (SQL("*"),)).alias("n")).where(mine)
    entries = ctx.first(counted.dicts())["n"] if types else 0
    newest: list[Entry] = []
    if narrows and entries:
        query = Entry.select(Entry.id, Entry.content_type, Entry.draft, Entry.locales)
        newest = ctx.all(query.where(mine).order_by(Entry.id.desc()).limit(MAX_CHECKED))
    unfit = [one for type_id in types for one in _unfit(ctx, before, after, type_id, newest)]
    return {
        "entries": entries,
        "checked": len(newest),
        "invalid": len(unfit),
        "invalidEntries": [str(one) for one in unfit[:MAX_TOLD]],
    }


def _unfit(
    ctx: Context, before: Catalogue, after: Catalogue, type_id: UUID, newest: list[Entry]
) -> list[UUID]:
    """The entries of a type that have problems in a language which they did not have before."""
    asked = [
        (one, locale) for one in newest if one.content_type == type_id for locale in one.locales
    ]
    if not asked:
        return []
    documents = [(one.draft, locale, tuple(one.locales)) for one, locale in asked]
    old = problems_of_many(ctx, before.by_id[type_id], documents)
    new = problems_of_many(ctx, after.by_id[type_id], documents)
    return list(
        dict.fromkeys(
            one.id
            for (one, _), had, has in zip(asked, old, new, strict=True)
            if _told(has) - _told(had)
        )
    )


def _told(problems: list[Problem]) -> Counter[str]:
    """What is wrong, whatever the fields are called: renaming one makes nothing unfit."""
    return Counter(message for _, message in problems)
