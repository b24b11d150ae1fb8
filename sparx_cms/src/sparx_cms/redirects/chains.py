"""No redirect leads to another one: neither in a circle nor in a chain."""

from __future__ import annotations

from sparx_cms.errors.redirects import RedirectChain, RedirectLoop
from sparx_cms.models.entries import EntryLocale
from sparx_cms.models.redirects import Redirect
from sparx_core import Context


def check_way(ctx: Context, redirect: Redirect) -> None:
    """``RedirectLoop`` or ``RedirectChain`` if a redirect and those that are there would make one.

    Those who change redirects take turns: two that each lead to the other would not see one
    another.
    """
    if not redirect.enabled:
        return
    ctx.transaction.take_turns("redirects")
    arrivals = _arrivals(ctx, redirect)
    if redirect.from_path in arrivals:
        raise RedirectLoop([redirect.from_path, redirect.from_path])
    if redirect.to_entry is None:  # a page is where it ends
        for later in _meeting(ctx, redirect, "from_path", arrivals):
            way = [redirect.from_path, later.from_path, _end(later)]
            back = redirect.from_path in (later.arrival, _bare(later.arrival))
            raise RedirectLoop(way) if back else RedirectChain(way)
    for earlier in _meeting(ctx, redirect, "arrival", [redirect.from_path]):
        raise RedirectChain([earlier.from_path, redirect.from_path, _end(redirect)])


def _arrivals(ctx: Context, redirect: Redirect) -> list[str]:
    """The paths that readers can be said to arrive at, each as it could be redirected again."""
    if redirect.to_entry is not None:
        pages = ctx.match(EntryLocale, "entry", [redirect.to_entry])
        return [page.live_path for page in pages if page.live_path is not None]
    if redirect.arrival is None:
        return []
    return [redirect.arrival, _bare(redirect.arrival)]


def _meeting(ctx: Context, redirect: Redirect, field: str, paths: list[str]) -> list[Redirect]:
    """Other redirects that are in force, of a host that both can be asked for."""
    return [
        one
        for one in ctx.match(Redirect, field, paths)
        if one.id != redirect.id
        and one.enabled
        and (one.host is None or redirect.host is None or one.host == redirect.host)
    ]


def _bare(path: str | None) -> str:
    """A path without its query, by which it is redirected, too."""
    return (path or "").partition("?")[0]


def _end(redirect: Redirect) -> str:
    """Where a redirect leads to, for people."""
    return redirect.to_path or redirect.to_url or f"entry {redirect.to_entry}"
