"""Unique values: an entry claims them, and a unique index lets one entry have each.

What two transactions claim at once, the index decides: the second waits for the first, and then
finds that its row was not inserted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any
from uuid import UUID

from sparx_cms.errors.entries import SlugTaken
from sparx_cms.models.entries import EVERY, STAGES, Claim, Entry
from sparx_cms.types import Document, TypeDefinition, claimed_value, claims_in
from sparx_cms.types.definitions import SLUG
from sparx_core import Context, Duplicate, uuid7

#: Numbers that are tried at once behind a slug.
_TRIED = 20
#: A field, a language and a value.
Claimed = tuple[str, str, str]


def claimed_by(type_: TypeDefinition, document: Document | None) -> set[Claimed]:
    """What a draft, or what is live, claims."""
    return {(one.field, one.locale, one.value) for one in claims_in(type_, document or {})}


def hold_claims(
    ctx: Context,
    stage: str,
    wanted: Sequence[tuple[Entry, TypeDefinition, Document | None]],
) -> None:
    """Let entries have the unique values of their documents, and no others, in a stage.

    All of them give up what they had before any takes something, so that two can swap. Raises
    ``SlugTaken``, or ``Duplicate`` for a value that is no slug.
    """
    ids = [entry.id for entry, _, _ in wanted]
    ctx.run(Claim.delete().where(Claim.entry.in_(ids), Claim.stage == stage))
    rows = _rows(wanted)
    if not rows:
        return
    values = [
        {"id": uuid7(), "entry": entry, "field": field, "locale": locale, "stage": stage,
         "value": value}
        for (field, locale, value), entry, _ in rows
    ]  # fmt: skip
    insert = Claim.insert_many(values).on_conflict_ignore()
    held = {
        (one.field, one.locale, one.value)
        for one in ctx.run(insert.returning(Claim.field, Claim.locale, Claim.value))
    }
    refused = [(claim, type_) for claim, _, type_ in rows if claim not in held]
    if refused:
        raise _taken(ctx, stage, refused)


def _rows(
    wanted: Iterable[tuple[Entry, TypeDefinition, Document | None]],
) -> list[tuple[Claimed, UUID, TypeDefinition]]:
    """In one order for everybody: two transactions that claim the same do not block each other."""
    rows = [
        (claim, entry.id, type_)
        for entry, type_, document in wanted
        for claim in claimed_by(type_, document)
    ]
    return sorted(rows, key=lambda row: row[:2])


def _taken(
    ctx: Context, stage: str, refused: Sequence[tuple[Claimed, TypeDefinition]]
) -> SlugTaken | Duplicate:
    """The refusal, which names the fields and who has their values."""
    told, slugs = [], False
    for (field, locale, value), type_ in refused:
        holder: Any = ctx.first(
            Claim.select(Claim.entry).where(
                Claim.field == field,
                Claim.locale == locale,
                Claim.stage == stage,
                Claim.value == value,
            )
        )
        definition = type_.by_id[field]
        slugs = slugs or definition.type == SLUG
        key = definition.key
        told.append(
            {
                "field": f"fields.{key}",
                "pointer": f"/fields/{key}",
                "message": "Already taken.",
                "locale": None if locale == EVERY else locale,
                "id": None if holder is None else str(holder.entry),
            }
        )
    return SlugTaken(told) if slugs else Duplicate(details=told)


def free_slug(ctx: Context, field: str, locale: str, slug: str) -> str:
    """A slug as it is, or with the first number behind it that makes it one of no other entry."""
    for first in count(1, _TRIED):
        tried = [slug if n == 1 else f"{slug}-{n}" for n in range(first, first + _TRIED)]
        # Compared for equality, which the index is used for under a policy, as LIKE's is not.
        held = Claim.select(Claim.value).where(
            Claim.field == field,
            Claim.locale == locale,
            Claim.stage.in_(STAGES),
            Claim.value.in_([claimed_value(one) for one in tried]),
        )
        taken = {str(one.value) for one in ctx.all(held)}
        free = [one for one in tried if claimed_value(one) not in taken]
        if free:
            return free[0]
    raise AssertionError("numbers do not end")
