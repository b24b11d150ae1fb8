"""Sites: where a tenant shows its content."""

from __future__ import annotations

from peewee import BooleanField, TextField

from sparx_core import TenantModel, TextArrayField, default


class Site(TenantModel):
    """What sitemap, feed and robots.txt of one host say."""

    host = TextField()
    title = TextField()
    description = TextField(null=True)
    #: The language of its pages; None: of the tenant's content.
    locale = TextField(null=True)
    #: False: robots are to stay away.
    indexed = BooleanField(constraints=[default("true")])
    #: Paths from which robots are to stay away.
    disallowed = TextArrayField(constraints=[default("'{}'")])

    class Meta:
        schema = "cms"
        table_name = "sites"
        indexes = ((("host",), True),)
