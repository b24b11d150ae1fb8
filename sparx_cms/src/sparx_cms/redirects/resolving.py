"""What a path leads to: a page, a redirect in one step, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sparx_cms.models.content_types import Locale
from sparx_cms.models.entries import EntryLocale
from sparx_cms.models.redirects import FOUND, TEMPORARY, Redirect
from sparx_cms.redirects.paths import NotAPath, as_location, source_path
from sparx_core import Context

PAGE, REDIRECT = KINDS = ("page", "redirect")
#: Redirects that lead to one another are followed here, so that readers are sent on once. There
#: are no such ones but where a page moved that others lead to.
MAX_STEPS = 5


@dataclass(frozen=True)
class Lead:
    """Where a path leads to: ``location`` is what an HTTP header holds."""

    kind: str
    status: int
    location: str
    entry: UUID | None = None
    locale: str | None = None
    redirect: UUID | None = None


def resolve(ctx: Context, path: str, host: str | None, locale: str | None = None) -> Lead | None:
    """What a path, as a browser asks for it, leads to on a host; None if to nothing.

    A live page wins. Otherwise a redirect from the path with its query comes before one without,
    and of those one of the host before one of all. ``locale`` chooses among several pages.
    """
    try:
        source = source_path(path)
    except NotAPath:
        return None
    page = _page_at(ctx, source, locale)
    if page is not None:
        return Lead(PAGE, 200, as_location(str(page.live_path)), page.entry, page.locale)
    return _follow(ctx, source, host, locale)


@dataclass(frozen=True)
class _Step:
    """Where one redirect leads: to a page, or to where ``arrival`` may be redirected again."""

    location: str
    page: EntryLocale | None
    arrival: str | None


def _follow(ctx: Context, source: str, host: str | None, locale: str | None) -> Lead | None:
    lead: Lead | None = None
    seen: set[str] = set()
    at: str | None = source
    while at is not None:
        redirect = _redirect_from(ctx, at, host)
        if redirect is None:
            return lead
        if at in seen or len(seen) == MAX_STEPS:
            return None
        seen.add(at)
        step = _step(ctx, redirect, at, locale)
        if step is None:
            return None
        lead = _after(lead, redirect, step)
        at = None if step.page is not None else step.arrival
    return lead


def _after(lead: Lead | None, redirect: Redirect, step: _Step) -> Lead:
    """The way so far with one redirect more; it is as lasting as the least lasting of them."""
    passing = lead is not None and lead.status in (FOUND, TEMPORARY)
    return Lead(
        REDIRECT,
        lead.status if lead is not None and passing else redirect.status_code,
        step.location,
        None if step.page is None else step.page.entry,
        None if step.page is None else step.page.locale,
        redirect.id if lead is None else lead.redirect,
    )


def _step(ctx: Context, redirect: Redirect, at: str, locale: str | None) -> _Step | None:
    """None for the page of an entry that has none."""
    query = ""
    if redirect.preserve_query and "?" not in redirect.from_path:
        query = at.partition("?")[2]
    if redirect.to_entry is not None:
        page = _page_of(ctx, redirect.to_entry, redirect.to_locale or locale)
        if page is None:
            return None
        return _Step(_with_query(as_location(str(page.live_path)), query), page, None)
    location = redirect.to_url or as_location(str(redirect.to_path))
    arrival = None if redirect.arrival is None else _arrival(redirect.arrival, query)
    page = None if arrival is None else _page_at(ctx, arrival, locale)
    return _Step(_with_query(location, as_location(query)), page, arrival)


def _arrival(path: str, query: str) -> str:
    """A path with the query that goes along, unless both are too long for a path of ours."""
    try:
        return source_path(_with_query(path, query))
    except NotAPath:
        return path


def _with_query(location: str, query: str) -> str:
    if not query:
        return location
    rest, hash_, fragment = location.partition("#")
    return f"{rest}{'&' if '?' in rest else '?'}{query}{hash_}{fragment}"


def _redirect_from(ctx: Context, source: str, host: str | None) -> Redirect | None:
    paths = dict.fromkeys([source, source.partition("?")[0]])
    wanted = [f"{one}{path}" for path in paths for one in ([host, ""] if host else [""])]
    found = {
        one.source: one
        for one in ctx.match(Redirect, "source", wanted)
        if one.enabled and not _leads_back(one, source, host)
    }
    return next((found[one] for one in wanted if one in found), None)


def _leads_back(redirect: Redirect, source: str, host: str | None) -> bool:
    """Whether a redirect of all hosts leads to the very page on the one that was asked for."""
    if redirect.to_url is None or host is None:
        return False
    parts = urlsplit(redirect.to_url)
    if parts.hostname != host:
        return False
    try:
        return source_path(redirect.to_url) == source
    except NotAPath:
        return False


def _page_at(ctx: Context, source: str, locale: str | None) -> EntryLocale | None:
    """The live page at a path: what is not live, or in the trash, has no live path."""
    pages = ctx.match(EntryLocale, "live_path", [source.partition("?")[0]])
    return _chosen(ctx, pages, locale)


def _page_of(ctx: Context, entry: UUID, locale: str | None) -> EntryLocale | None:
    pages = [one for one in ctx.match(EntryLocale, "entry", [entry]) if one.live_path is not None]
    return _chosen(ctx, pages, locale)


def _chosen(ctx: Context, pages: list[EntryLocale], locale: str | None) -> EntryLocale | None:
    """The page in the language that is asked for, or in the tenant's own, or in any."""
    if len(pages) < 2:
        return next(iter(pages), None)
    known = ctx.match(Locale, "code", [one.locale for one in pages])
    own = {one.code for one in known if one.is_default}
    return min(pages, key=lambda one: (one.locale != locale, one.locale not in own, one.locale))
