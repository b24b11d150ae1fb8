"""RSS 2.0: the newest entries of a type that have pages."""

from __future__ import annotations

import json
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from xml.etree.ElementTree import Element

from sparx_cms.feeds.sitemaps import address
from sparx_cms.feeds.xml import add, document
from sparx_cms.models.entries import Entry
from sparx_cms.models.sites import Site
from sparx_cms.types import content_type, locales
from sparx_core import Context, NotFound

#: Fields that tell what an entry is about: the first of them that is text.
_ABOUT = ("excerpt", "summary", "description")
_NEWEST = """
SELECT e.id, e.first_published_at,
       cms.shown_entry(e.id, %s::text[], true, NULL, ARRAY['title', 'path', 'fields'], NULL,
                       %s::text[])::text
  FROM cms.entries e
 WHERE e.content_type_id = %s::uuid AND NOT e.trashed AND e.live_locales && %s::text[]
   AND EXISTS (SELECT FROM cms.entry_locales p WHERE p.entry_id = e.id
                AND p.locale = ANY (%s::text[]) AND p.live_path IS NOT NULL)
 ORDER BY e.first_published_at DESC, e.id DESC LIMIT %s
"""


def rss(ctx: Context, site: Site, type_key: str, locale: str | None, take: int) -> bytes:
    """The entries that were first published last, in a language or those that stand in for it.

    Raises ``NotFound`` where there is no such type or language.
    """
    known = locales(ctx)
    code = locale or site.locale or known.default
    if code not in known.all:
        raise NotFound
    chain = list(known.chain(code))
    type_ = content_type(ctx, type_key)
    asked = (chain, list(_ABOUT), str(type_.id), chain, chain, take)
    rows: list[Any] = ctx.all(Entry.raw(_NEWEST, *asked).tuples())
    root = Element("rss", {"version": "2.0", "xmlns:atom": "http://www.w3.org/2005/Atom"})
    channel = add(root, "channel")
    add(channel, "title", site.title)
    add(channel, "link", address(site, "/"))
    add(channel, "description", site.description or site.title)
    add(channel, "language", code)
    for entry, published, text in rows:
        _add_item(channel, site, str(entry), published, json.loads(text))
    return document(root)


def _add_item(
    channel: Element, site: Site, entry: str, published: datetime | None, shown: dict[str, Any]
) -> None:
    if shown["path"] is None:
        return
    item = add(channel, "item")
    add(item, "title", shown["title"] or shown["path"])
    add(item, "link", address(site, shown["path"]))
    add(item, "guid", entry, isPermaLink="false")
    about = next((one for key in _ABOUT if isinstance(one := shown["fields"].get(key), str)), None)
    if about is not None:
        add(item, "description", about)
    if published is not None:
        add(item, "pubDate", format_datetime(published))
