"""One after the other in a tenant: whoever changes who is in a segment."""

from __future__ import annotations

from sparx_core import Context

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('crm.segments'), hashtext(core.tenant_id()::text))"


def lock_memberships(ctx: Context) -> None:
    """Wait for whoever changes memberships now: what he saw of customers may be old by then, and
    who comes last sees what all before him committed. Until the transaction ends.
    """
    ctx.flush()
    ctx.transaction.scalar(_LOCK)
