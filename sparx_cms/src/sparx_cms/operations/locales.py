"""Locales: the languages of the content, one of which is the tenant's own."""

from __future__ import annotations

from peewee import Expression, Function

from sparx_cms.errors.content_types import LocaleInUse
from sparx_cms.models.content_types import Locale
from sparx_cms.models.entries import Entry
from sparx_cms.schemas.content_types import LocaleChangesSchema, LocaleSchema
from sparx_cms.types.locales import forget_locales
from sparx_core import Conflict, Context, Resource, ValidationFailed, Values

MAX_LOCALES = 100
SCOPE = "schema:cms"


class LocaleList(Resource):
    """The locales, which are for everybody to read who may read at all."""

    shared = True


locale_list = LocaleList(
    "locales",
    Locale,
    LocaleSchema,
    filters=("code", "isDefault"),
    sorts=("code", "name", "createdAt"),
    bulk=False,
)


@locale_list.create(raises=[ValidationFailed, Conflict])
def create_locale(ctx: Context, data: Values) -> Locale:
    """Add a locale. `conflict` if it is there already, or there are 100."""
    present = _all_locales(ctx)
    if len(present) >= MAX_LOCALES:
        raise Conflict(f"There are {MAX_LOCALES} locales, and there can be no more.")
    row = Locale(**{"fallback": None, "is_default": False, **data})
    _check_fallback(present, row)
    if row.is_default:
        _take_default(ctx, present)
    forget_locales(ctx)
    return ctx.insert(row)


@locale_list.update(body=LocaleChangesSchema, raises=[ValidationFailed, LocaleInUse])
def update_locale(ctx: Context, row: Locale, data: Values) -> Locale:
    """Change a locale. `isDefault: true` takes it from the one that was, whose `isDefault` cannot
    be set to false; `locale_in_use` once there are entries, whose titles are in that locale.
    """
    present = _all_locales(ctx)
    if row.is_default and not data.get("is_default", True):
        raise LocaleInUse("Make another locale the default instead.")
    if data.get("is_default") and not row.is_default:
        if ctx.first(Entry.select(Entry.id).limit(1)) is not None:
            raise LocaleInUse("There are entries, whose titles are in the default locale.")
        _take_default(ctx, present)
    ctx.update(row, **data)
    _check_fallback([one for one in present if one.id != row.id], row)
    forget_locales(ctx)
    return row


@locale_list.delete(raises=[LocaleInUse])
def delete_locale(ctx: Context, row: Locale) -> None:
    """Delete a locale in which there is no content, which is not the default, and which stands in
    for no other.
    """
    present = _all_locales(ctx)
    used: Expression = Expression(row.code, "=", Function("ANY", (Entry.locales,)))
    if row.is_default or any(one.fallback == row.code for one in present):
        raise LocaleInUse
    if ctx.first(Entry.select(Entry.id).where(used).limit(1)) is not None:
        raise LocaleInUse("There are entries with content in this locale.")
    forget_locales(ctx)
    ctx.delete(row)


for verb in ("create", "update", "delete"):
    locale_list.demand(verb, scope=SCOPE)


def _all_locales(ctx: Context) -> list[Locale]:
    """The tenant's locales, which nobody else changes until the transaction ends."""
    ctx.transaction.take_turns("cms.locales")
    found: list[Locale] = ctx.all(Locale.select().order_by(Locale.code))
    return found


def _take_default(ctx: Context, present: list[Locale]) -> None:
    for one in present:
        if one.is_default:
            ctx.update(one, is_default=False)
    ctx.flush()


def _check_fallback(others: list[Locale], row: Locale) -> None:
    """Whatever stands in has to be there, and leads somewhere in the end."""
    fallbacks = {one.code: one.fallback for one in others} | {row.code: row.fallback}
    if row.fallback is not None and row.fallback not in fallbacks:
        raise ValidationFailed([("fallback", "There is no such locale.")])
    current, steps = row.fallback, 0
    while current is not None:
        steps += 1
        if current == row.code or steps > len(fallbacks):
            raise ValidationFailed([("fallback", "Locales would stand in for each other in turn.")])
        current = fallbacks.get(current)
