"""The languages of a tenant's content, and what stands in for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sparx_cms.models.content_types import Locale
from sparx_cms.types.kept import forget, keep, kept
from sparx_core import Context, ValidationFailed

LOCALES = "locales"


@dataclass(frozen=True)
class Locales:
    """The languages of a tenant, of which one is its own."""

    default: str
    all: Mapping[str, Locale]

    def chain(self, code: str) -> tuple[str, ...]:
        """A language and those that stand in for it, in order: ``de-AT``, ``de``, ``en``.

        ``ValidationFailed`` if the tenant has no such language.
        """
        if code not in self.all:
            raise ValidationFailed([("locale", f"There is no locale {code[:64]!r}.")])
        found: list[str] = []
        current: str | None = code
        while current is not None and current in self.all and current not in found:
            found.append(current)
            current = self.all[current].fallback
        return tuple(found)


def locales(ctx: Context) -> Locales:
    """The languages of the tenant, read at most once in a transaction."""
    found: Locales = kept(ctx, LOCALES) or keep(ctx, LOCALES, read_locales(ctx))
    return found


def read_locales(ctx: Context) -> Locales:
    """The languages of the tenant, by one statement."""
    rows: list[Locale] = ctx.all(Locale.select().order_by(Locale.code))
    own = next((str(one.code) for one in rows if one.is_default), "")
    return Locales(own, {str(one.code): one for one in rows})


def check_locales(ctx: Context, named: Mapping[str, str | None]) -> None:
    """``ValidationFailed`` if the tenant lacks a language that was named, by the field that named
    it.
    """
    known = locales(ctx).all
    problems = [
        (field, "There is no such language here.")
        for field, code in named.items()
        if code is not None and code not in known
    ]
    if problems:
        raise ValidationFailed(problems)


def forget_locales(ctx: Context) -> None:
    """Read them again: this transaction changed them."""
    forget(ctx, LOCALES)
