"""Sites on the wire."""

from __future__ import annotations

from marshmallow import fields

from sparx_cms.schemas.redirects import HostName, SourcePath
from sparx_core import Flag, ListOf, ObjectSchema, ResourceSchema, Text, Timestamp, WholeNumber

#: The page of a sitemap holds at most this many, as its protocol says.
MAX_URLS = 50_000
MAX_ITEMS = 100


class SiteSchema(ResourceSchema):
    """Where a tenant shows its content: what `sitemap.xml`, `rss.xml` and `robots.txt` of a host
    say.
    """

    host = HostName(required=True)
    title = Text(255, required=True, metadata={"example": "Lindgren Diesel"})
    description = Text(1_000, allow_none=True, metadata={"example": "News about injectors."})
    locale = Text(
        35,
        allow_none=True,
        metadata={
            "description": "The only language of its pages. Without it all.",
            "example": "en",
        },
    )
    indexed = Flag(
        metadata={"description": "If not, robots are told to stay away.", "example": True}
    )
    disallowed = ListOf(
        SourcePath(),
        maximum=100,
        metadata={"description": "Paths from which robots are to stay away.", "example": ["/cart"]},
    )
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class PublicSiteSchema(ResourceSchema):
    """A site as everybody sees it."""

    host = fields.String(dump_only=True)
    title = fields.String(dump_only=True)


class SiteAddressSchema(ObjectSchema):
    """The address under which the site's files are, for everybody who knows it."""

    link_token = fields.String(
        required=True, metadata={"sensitive": True, "example": "lk_live_..."}
    )
    link_path = fields.String(
        required=True,
        metadata={
            "description": "Its files are behind it: `/sitemap`, `/rss`, `/robots`.",
            "example": "/v1/cms/public/sites/lk_live_...",
        },
    )


class SitemapQuery(ObjectSchema):
    """Which part of the pages."""

    page = WholeNumber(
        1, 10_000, metadata={"description": f"Of more than {MAX_URLS:,} pages: from 1."}
    )


class FeedQuery(ObjectSchema):
    """What the feed is of."""

    type = Text(63, load_default="post", metadata={"description": "The key of a content type."})
    locale = Text(35, metadata={"description": "Without it the site's language."})
    take = WholeNumber(1, MAX_ITEMS, load_default=50)
