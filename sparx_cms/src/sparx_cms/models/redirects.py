"""Redirects: where readers of a path that has no page are sent."""

from __future__ import annotations

from peewee import BooleanField, IntegerField, TextField

from sparx_cms.errors.redirects import RedirectExists
from sparx_core import Reference, TenantModel, check, default

AUTO, MANUAL = ORIGINS = ("auto", "manual")
MOVED, FOUND, TEMPORARY, PERMANENT = STATUS_CODES = (301, 302, 307, 308)


class Redirect(TenantModel):
    """From a path to one target: a path, the page of an entry, or an address elsewhere.

    Paths are as :mod:`sparx_cms.redirects.paths` makes them. One with ``origin`` auto was made when
    a page moved, and gives way; one that somebody made by hand never does.
    """

    #: Its host and path together, under which it is found; of every host, its path alone.
    source = TextField()
    host = TextField(null=True)
    from_path = TextField()
    to_path = TextField(null=True)
    to_url = TextField(null=True)
    to_entry = Reference("cms.entries", null=True, on_delete="CASCADE")
    to_locale = TextField(null=True)
    #: The path at which readers arrive, if it is one of the same site and not that of an entry.
    arrival = TextField(null=True)
    status_code = IntegerField(
        constraints=[default("301"), check("status_code IN (301, 302, 307, 308)")]
    )
    preserve_query = BooleanField(constraints=[default("false")])
    enabled = BooleanField(constraints=[default("true")])
    origin = TextField(constraints=[default("'manual'"), check("origin IN ('auto', 'manual')")])

    class Meta:
        schema = "cms"
        table_name = "redirects"
        conflict = RedirectExists
        constraints = (check("num_nonnulls(to_path, to_url, to_entry_id) = 1"),)
        indexes = (
            (("source",), True),
            (("from_path",), False),
            (("arrival",), False),
            (("to_entry",), False),
        )
