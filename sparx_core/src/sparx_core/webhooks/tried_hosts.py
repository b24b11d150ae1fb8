"""Which hosts a tenant has had tests sent to lately: few enough that nobody scans with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from peewee import SQL, Function, Select, TextField, fn

from sparx_core.context import Context
from sparx_core.db.fields import TimestampField, default
from sparx_core.db.models import TenantModel
from sparx_core.errors import RateLimited

#: Hosts in one hour.
MAX_HOSTS, HOUR = 10, timedelta(hours=1)


class WebhookTestHost(TenantModel):
    """A host, and when a test last went there."""

    host = TextField()
    tested_at = TimestampField(constraints=[default("clock_timestamp()")])

    class Meta:
        schema = "core"
        table_name = "webhook_test_hosts"
        indexes = ((("host",), True),)


def note_test(ctx: Context, url: str) -> None:
    """Remember the host of a URL that a test goes to; ``RateLimited`` if it is one too many."""
    host = urlsplit(url).hostname or ""
    # One at a time, so that two do not both find room for a last one.
    tenant = str(ctx.tenant.id)
    lock = Function(
        "pg_advisory_xact_lock",
        (SQL("hashtext('webhook_test_hosts')"), Function("hashtext", (tenant,))),
    )
    ctx.all(Select([], [lock]))
    row = WebhookTestHost
    ctx.run(row.delete().where(row.tested_at < datetime.now(UTC) - HOUR))
    known = {one.host: one for one in ctx.all(row.select())}
    if host in known:
        ctx.run(row.update(tested_at=fn.clock_timestamp()).where(row.id == known[host].id))
        return
    if len(known) >= MAX_HOSTS:
        oldest = min(one.tested_at for one in known.values())
        wait = max(1, int((oldest + HOUR - datetime.now(UTC)).total_seconds()) + 1)
        raise RateLimited(
            f"Tests went to {MAX_HOSTS} hosts within an hour, and no more are allowed.",
            headers={"Retry-After": str(wait)},
        )
    ctx.insert(WebhookTestHost(host=host))
