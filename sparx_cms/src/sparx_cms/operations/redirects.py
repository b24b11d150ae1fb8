"""Redirects: made, changed, removed, and asked what a path leads to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sparx_cms.errors.redirects import RedirectChain, RedirectExists, RedirectLoop
from sparx_cms.events.redirects import RedirectAdded, RedirectRemoved, RedirectUpdated
from sparx_cms.models.redirects import MANUAL, Redirect
from sparx_cms.redirects.chains import check_way
from sparx_cms.redirects.paths import source_path
from sparx_cms.redirects.resolving import resolve
from sparx_cms.schemas.redirects import (
    LeadSchema,
    NewRedirectSchema,
    RedirectSchema,
    ResolveQuery,
)
from sparx_cms.types import check_locales
from sparx_core import Context, NotFound, Resource, ValidationFailed, Values, operation, querying

_TARGETS = ("to_path", "to_url", "to_entry")
_REFUSALS = (RedirectExists, RedirectLoop, RedirectChain, ValidationFailed)

redirects = Resource(
    "redirects",
    Redirect,
    RedirectSchema,
    search=("fromPath", "toPath", "toUrl"),
    filters=(
        "fromPath",
        "source",
        "host",
        "toEntryId",
        "origin",
        "enabled",
        "statusCode",
        "updatedAt",
    ),
    sorts=("createdAt", "fromPath", "updatedAt"),
)
#: Nobody's record: everybody who may read at all reads them.
redirects.shared = True


@redirects.create(body=NewRedirectSchema, emits=[RedirectAdded], raises=_REFUSALS)
def create_redirect(ctx: Context, data: Values) -> Redirect:
    """Make a redirect. ``redirect_exists`` if there is one from the same path of the same host;
    ``redirect_loop`` and ``redirect_chain`` if it would lead to another one, or another one to it.
    """
    to = data.pop("to", None)
    if to is not None:
        name = "to_path" if to.startswith("/") else "to_url"
        if data.get(name) is not None:
            raise ValidationFailed([("to", "Another target is given, too.")])
        data[name] = to
    redirect = Redirect(**{"status_code": 301, "enabled": True, **data, "origin": MANUAL})
    for name, value in _derived(redirect).items():
        setattr(redirect, name, value)
    check_locales(ctx, {"toLocale": redirect.to_locale})
    check_way(ctx, redirect)
    ctx.insert(redirect)
    ctx.emit(RedirectAdded(redirect))
    return redirect


@redirects.update(emits=[RedirectUpdated], raises=_REFUSALS)
def update_redirect(ctx: Context, redirect: Redirect, data: Values) -> Redirect:
    """Change a redirect; absent fields stay. A target takes the place of the one before. One that
    was made when a page moved is as if made by hand from then on.
    """
    if any(data.get(name) is not None for name in _TARGETS):
        data = {**dict.fromkeys(_TARGETS), **data}
    if not any(getattr(redirect, name) != value for name, value in data.items()):
        return redirect
    wanted = Redirect(**{**redirect.__data__, **data, "origin": MANUAL})
    if wanted.to_entry is None and "to_locale" not in data:
        wanted.to_locale = None
    derived = _derived(wanted)
    for name, value in derived.items():
        setattr(wanted, name, value)
    check_locales(ctx, {"toLocale": data.get("to_locale")})
    check_way(ctx, wanted)
    changes = {**data, **derived, "to_locale": wanted.to_locale, "origin": MANUAL}
    ctx.update(redirect, **changes, updated_at=datetime.now(UTC))
    ctx.emit(RedirectUpdated(redirect))
    return redirect


@redirects.delete(emits=[RedirectRemoved], raises=[])
def delete_redirect(ctx: Context, redirect: Redirect) -> None:
    """Remove a redirect."""
    ctx.delete(redirect)
    ctx.emit(RedirectRemoved(redirect))


@querying(ResolveQuery)
@operation(
    "GET",
    "/redirects/resolve",
    name="redirects.resolve",
    module="cms",
    scope="read:cms",
    answer=LeadSchema,
    raises=[NotFound],
    shared=True,
)
def resolve_path(ctx: Context, query: Values) -> Values:
    """What a path leads to: its page, or where readers of it are sent, in one step however many
    redirects there are. ``not_found`` if to nothing that is live.
    """
    lead = resolve(ctx, query["path"], query.get("host"), query.get("locale"))
    if lead is None:
        raise NotFound
    return {
        "kind": lead.kind,
        "statusCode": lead.status,
        "location": lead.location,
        "entryId": lead.entry,
        "locale": lead.locale,
        "redirectId": lead.redirect,
    }


def _derived(redirect: Redirect) -> Values:
    """What is stored beside what was sent; ``ValidationFailed`` unless it has one target."""
    given: list[Any] = [name for name in _TARGETS if getattr(redirect, name) is not None]
    if len(given) != 1:
        raise ValidationFailed([("toPath", "Give one of toPath, toUrl and toEntryId.")])
    if redirect.to_locale is not None and redirect.to_entry is None:
        raise ValidationFailed([("toLocale", "Is for the page of an entry.")])
    return {"source": f"{redirect.host or ''}{redirect.from_path}", "arrival": _arrival(redirect)}


def _arrival(redirect: Redirect) -> str | None:
    if redirect.to_path is not None:
        return source_path(redirect.to_path)
    if redirect.to_url is None or urlsplit(redirect.to_url).hostname != redirect.host:
        return None
    return source_path(redirect.to_url)
