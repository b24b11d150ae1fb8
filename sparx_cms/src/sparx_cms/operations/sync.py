"""Sync: what is live, and then what changed, in the order of commits and each entry once."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from sparx_cms.models.sync import Change
from sparx_cms.schemas.sync import SyncChangeSchema, SyncMeta, SyncQuery
from sparx_cms.syncing.tokens import BEGINNING, Place
from sparx_cms.types import content_type, locales
from sparx_core import (
    BadRequest,
    Context,
    NotFound,
    Told,
    ValidationFailed,
    Values,
    operation,
    querying,
)

#: Only what no transaction that is open could still come before. Who begins is not told of entries
#: that are gone.
_CHANGES = """
WITH asked AS (SELECT cms.locale_chain(%s) AS chain),
page AS (
    SELECT c.xid, c.entry, c.content_type_id, e.id IS NOT NULL AS living
      FROM cms.changes c
      LEFT JOIN cms.entries e ON e.id = c.entry AND NOT e.trashed AND e.archived_at IS NULL
       AND cms.is_seen(e.live_locales, (SELECT chain FROM asked))
     WHERE (c.xid, c.entry) > (%s::bigint, %s::uuid)
       AND c.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
       AND (%s::uuid IS NULL OR c.content_type_id = %s::uuid)
       AND (NOT %s OR e.id IS NOT NULL)
     ORDER BY c.xid, c.entry LIMIT %s)
SELECT p.xid, p.entry, t.key,
       CASE WHEN p.living THEN cms.shown_entry(p.entry, (SELECT chain FROM asked), true)::text END
  FROM page p LEFT JOIN cms.content_types t ON t.id = p.content_type_id
 ORDER BY p.xid, p.entry
"""


@querying(SyncQuery, meta=SyncMeta)
@operation(
    "GET",
    "/sync",
    name="sync",
    module="cms",
    scope="read:cms",
    answer=SyncChangeSchema(many=True),
    raises=[BadRequest, NotFound, ValidationFailed],
)
def sync(ctx: Context, query: Values) -> Told:
    """All that is live, and from then on what changed: entries as readers see them now, and the ids
    of those that are not live any more. Each entry comes once, at its last change.

    Ask again with the token of the page. No change is missed: one shows up when no transaction is
    open any more that began before its own. A token is for the tenant that was given it, and
    belongs to the language and type that were asked for with it.
    """
    place = Place.decode(ctx, query["token"]) if "token" in query else BEGINNING
    locale, wanted = query["locale"], None
    if locale != "*":
        locales(ctx).chain(locale)
    if "type" in query:
        wanted = str(content_type(ctx, query["type"]).id)
    first = place == BEGINNING
    asked = (place.xid, str(place.entry), wanted, wanted, first, query["take"] + 1)
    rows: list[Any] = ctx.all(Change.raw(_CHANGES, locale, *asked).tuples())
    shown = rows[: query["take"]]
    end = Place(shown[-1][0], shown[-1][1]) if shown else place
    meta = {"next_token": end.encode(ctx), "has_more": len(rows) > len(shown)}
    return Told([_told(one) for one in shown], meta)


def _told(row: Any) -> Values:
    _, entry, type_key, text = row
    shown = None if text is None else json.loads(text, parse_float=Decimal)
    return {"id": entry, "type": type_key, "deleted": shown is None, "entry": shown}
