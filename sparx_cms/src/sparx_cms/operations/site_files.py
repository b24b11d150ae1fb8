"""The files of a site that robots and feed readers ask for, by a link."""

from __future__ import annotations

from sparx_cms.feeds.robots import robots
from sparx_cms.feeds.rss import rss
from sparx_cms.feeds.sitemaps import sitemap
from sparx_cms.models.sites import Site
from sparx_cms.operations.sites import sites
from sparx_cms.public_sites import public_sites
from sparx_cms.schemas.sites import FeedQuery, SiteAddressSchema, SitemapQuery
from sparx_core import Context, FileAnswer, Shown, Values, issue_link, revoke_links


@sites.action("link", answer=SiteAddressSchema, raises=[])
def link_site(ctx: Context, site: Site) -> Shown:
    """Make the link under which everybody may fetch the files of a site. One that was made before
    opens nothing any more.
    """
    revoke_links(ctx, public_sites, site)
    link = issue_link(ctx, public_sites, site)
    return Shown(site, {"linkToken": link.token, "linkPath": link.path})


@public_sites.file_by_link("sitemap", media_type="application/xml", query=SitemapQuery)
def site_sitemap(ctx: Context, site: Site, query: Values) -> FileAnswer:
    """The sitemap: all live pages, each with its other languages. Of more than 50,000 pages it is
    an index, and `page` asks for its files.
    """
    return FileAnswer(sitemap(ctx, site, query.get("page")), "application/xml", "sitemap.xml")


@public_sites.file_by_link("rss", media_type="application/rss+xml", query=FeedQuery)
def site_rss(ctx: Context, site: Site, query: Values) -> FileAnswer:
    """The entries of a type that were first published last, as RSS 2.0."""
    content = rss(ctx, site, query["type"], query.get("locale"), query["take"])
    return FileAnswer(content, "application/rss+xml", "rss.xml")


@public_sites.file_by_link("robots", media_type="text/plain")
def site_robots(ctx: Context, site: Site) -> FileAnswer:
    """What robots may look at, and where the sitemap is: at the root of the site's host."""
    return FileAnswer(robots(site), "text/plain; charset=utf-8", "robots.txt")
