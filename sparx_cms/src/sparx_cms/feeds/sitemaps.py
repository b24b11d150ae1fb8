"""The sitemap of a site: all its live pages, each with its other languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from xml.etree.ElementTree import Element

from sparx_cms.feeds.xml import add, document
from sparx_cms.models.entries import EntryLocale
from sparx_cms.models.sites import Site
from sparx_cms.redirects.paths import as_location
from sparx_cms.schemas.sites import MAX_URLS
from sparx_core import Context, NotFound

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML = "http://www.w3.org/1999/xhtml"
_LIVE = """
  FROM cms.entry_locales p JOIN cms.entries e ON e.id = p.entry_id
 WHERE p.live_path IS NOT NULL AND NOT e.trashed AND (%s::text IS NULL OR p.locale = %s)
"""
_COUNT = f"SELECT count(DISTINCT p.live_path) {_LIVE}"
#: Entries may share a path, in several languages of one above all: it is one page.
_PAGES = f"""
SELECT p.live_path, max(p.published_at), (array_agg(p.entry_id ORDER BY p.entry_id))[1] {_LIVE}
 GROUP BY p.live_path ORDER BY p.live_path OFFSET %s LIMIT {MAX_URLS}
"""
_OTHERS = """
SELECT p.entry_id, json_object_agg(p.locale, p.live_path) FROM cms.entry_locales p
 WHERE p.live_path IS NOT NULL AND p.entry_id = ANY (%s::uuid[])
 GROUP BY p.entry_id HAVING count(DISTINCT p.live_path) > 1
"""


def address(site: Site, path: str) -> str:
    """The address of a page of a site."""
    return f"https://{site.host}{as_location(path)}"


def sitemap(ctx: Context, site: Site, page: int | None) -> bytes:
    """The live pages of a site by path; of more than fit into one file an index, unless ``page``
    says which of the files. Raises ``NotFound`` for one behind the last.
    """
    own = (site.locale, site.locale)
    (count,) = ctx.first(EntryLocale.raw(_COUNT, *own).tuples())
    if page is None and count > MAX_URLS:
        return _index(site, -(-count // MAX_URLS))
    start = ((page or 1) - 1) * MAX_URLS
    if start and start >= count:
        raise NotFound
    rows = ctx.all(EntryLocale.raw(_PAGES, *own, start).tuples())
    others: dict[object, Mapping[str, str]] = {}
    if site.locale is None:
        entries = [str(entry) for _, _, entry in rows]
        others = dict(ctx.all(EntryLocale.raw(_OTHERS, entries).tuples()))
    root = Element("urlset", {"xmlns": _SITEMAP, "xmlns:xhtml": _XHTML})
    for path, published, entry in rows:
        _add_page(root, site, path, published, others.get(entry, {}))
    return document(root)


def _add_page(
    root: Element, site: Site, path: str, published: datetime | None, others: Mapping[str, str]
) -> None:
    url = add(root, "url")
    add(url, "loc", address(site, path))
    if published is not None:
        add(url, "lastmod", published.strftime("%Y-%m-%dT%H:%M:%SZ"))
    for locale, other in sorted(others.items()):
        add(url, "xhtml:link", rel="alternate", hreflang=locale, href=address(site, other))


def _index(site: Site, files: int) -> bytes:
    root = Element("sitemapindex", {"xmlns": _SITEMAP})
    for number in range(1, files + 1):
        add(add(root, "sitemap"), "loc", f"https://{site.host}/sitemap.xml?page={number}")
    return document(root)
