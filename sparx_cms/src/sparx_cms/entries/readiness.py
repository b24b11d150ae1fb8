"""What keeps revisions from going live, told before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sparx_cms.entries.links import targets_in
from sparx_cms.errors.entries import EntryArchived, UnpublishedReferences
from sparx_cms.media.usage import unusable_assets
from sparx_cms.models.entries import EVERY, Entry, Revision
from sparx_cms.types import (
    Document,
    TypeDefinition,
    assets_in,
    content_type,
    locales,
    problems,
)
from sparx_cms.types.problems import Problem
from sparx_core import ApiError, Context, NotFound, ValidationFailed


@dataclass(frozen=True)
class Publication:
    """A revision of an entry that is to be live in some languages. ``awaits_files``: even if files
    that it shows are not here yet, but only on their way.
    """

    entry: Entry
    revision: Revision
    locales: tuple[str, ...]
    awaits_files: bool = False


def refusals(ctx: Context, publications: Sequence[Publication]) -> dict[UUID, ApiError]:
    """Why some of several entries could not be published together, by their ids. Values that must
    be unique are not looked at: the index decides about these when they are published.
    """
    together = {one.entry.id for one in publications}
    found: dict[UUID, ApiError] = {}
    for one in publications:
        refusal = _refusal(ctx, one, together)
        if refusal is not None:
            found[one.entry.id] = refusal
    return found


def unpublished_targets(
    ctx: Context, publication: Publication, together: Collection[UUID]
) -> list[tuple[str, UUID]]:
    """What a publication refers to and is not live, with the id of the field; entries that are
    published ``together`` with it count as live.
    """
    type_ = content_type(ctx, publication.entry.content_type)
    data = _seen(publication)
    targets = {(field, one) for field, one in targets_in(type_, data) if one not in together}
    live = {
        one.id
        for one in ctx.match(Entry, "id", sorted({target for _, target in targets}))
        if one.live_locales and not one.trashed
    }
    return sorted((field, target) for field, target in targets if target not in live)


def _refusal(ctx: Context, one: Publication, together: Collection[UUID]) -> ApiError | None:
    if one.entry.trashed:
        return NotFound()
    if one.entry.archived_at is not None:
        return EntryArchived()
    type_ = content_type(ctx, one.entry.content_type)
    wrong = list(_problems(ctx, type_, one))
    if wrong:
        return ValidationFailed(wrong)
    missing = unpublished_targets(ctx, one, together)
    if not missing:
        return None
    return UnpublishedReferences(
        [
            {"field": f"fields.{type_.by_id[field].key}", "id": str(target)}
            for field, target in missing
        ]
    )


def _problems(ctx: Context, type_: TypeDefinition, one: Publication) -> Iterator[Problem]:
    """All that is wrong in all the languages; of several, the message says in which."""
    unknown = [locale for locale in one.locales if locale not in one.entry.locales]
    if unknown or not one.locales:
        yield ("locales",), f"The entry has nothing in {', '.join(unknown) or 'any language'}."
        return
    there = {*one.entry.live_locales, *one.locales}
    told: dict[Problem, list[str]] = {}
    for locale in one.locales:
        stand_in = [other for other in locales(ctx).chain(locale)[1:] if other in there]
        for problem in problems(ctx, type_, one.revision.data, locale, stand_in):
            told.setdefault(problem, []).append(locale)
    for (path, message), found in told.items():
        everywhere = len(found) == len(one.locales)
        yield path, message if everywhere else f"{message} ({', '.join(found)})"
    yield from _unfit_assets(ctx, type_, one)


def _unfit_assets(ctx: Context, type_: TypeDefinition, one: Publication) -> Iterator[Problem]:
    """Assets that cannot be shown: their file is not here, or could not be processed. One whose
    file is here is served already, so that nobody has to wait until all is made of it.
    """
    used = assets_in(type_, _seen(one))
    unusable = unusable_assets(ctx, {asset.target for asset in used}) if used else {}
    for asset in used:
        reason = unusable.get(asset.target)
        if reason == "awaited" and not one.awaits_files:
            yield ("fields", *asset.path), "The file of the asset is not here yet."
        if reason == "failed":
            yield ("fields", *asset.path), "The asset could not be processed."


def _seen(publication: Publication) -> Document:
    """What of a revision concerns the languages that it is published in."""
    shown = {*publication.locales, EVERY}
    data: Document = publication.revision.data
    return {
        field: {locale: value for locale, value in values.items() if locale in shown}
        for field, values in data.items()
    }
