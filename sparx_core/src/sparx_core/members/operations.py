"""Members: added, changed, removed; and the tenant that they work for."""

from __future__ import annotations

from sparx_core.context import Context
from sparx_core.errors import ValidationFailed
from sparx_core.events.types import Event
from sparx_core.members.models import Member, TenantSettings
from sparx_core.members.schemas import (
    MemberSchema,
    OwnTenantSchema,
    TenantChangeSchema,
    TenantSettingsSchema,
)
from sparx_core.resources import Resource, Values, operation


class MemberCreated(Event):
    """Somebody began to work for the tenant."""

    name, resource = "member.created", "core.members"


class MemberUpdated(Event):
    """Details of a member were changed."""

    name, resource = "member.updated", "core.members"


class MemberDeleted(Event):
    """A member was deleted, who owned nothing any more; the payload is the member as it was."""

    name, resource = "member.deleted", "core.members"


class TenantUpdated(Event):
    """The settings of the tenant were changed."""

    name, resource = "tenant.updated", "core.tenant_settings"


#: Python and PostgreSQL have a time zone database each, and both have to know a zone.
_KNOWN = "SELECT EXISTS (SELECT FROM pg_catalog.pg_timezone_names WHERE name = %s)"

members = Resource(
    "members",
    Member,
    MemberSchema,
    search=("name", "email"),
    filters=("email", "team", "active"),
    sorts=("name", "createdAt"),
)
members.shared = True
members.derive(created=MemberCreated, updated=MemberUpdated, deleted=MemberDeleted)

tenant_settings = Resource("tenant_settings", TenantSettings, TenantSettingsSchema, exposed=False)


@operation(
    "GET",
    "/tenant",
    name="tenant",
    scope="read:core",
    answer=OwnTenantSchema,
    raises=(),
    shared=True,
)
def get_tenant(ctx: Context) -> Values:
    """The tenant that the key is for, with its time zone."""
    return {
        "id": ctx.tenant.id,
        "slug": ctx.tenant.slug,
        "name": ctx.tenant.name,
        "currency": ctx.tenant.currency,
        "livemode": ctx.tenant.live,
        "timezone": ctx.timezone(),
    }


@operation(
    "PATCH",
    "/tenant",
    name="update_tenant",
    scope="write:core",
    body=TenantChangeSchema,
    answer=OwnTenantSchema,
    emits=[TenantUpdated],
    raises=(),
)
def update_tenant(ctx: Context, data: Values) -> Values:
    """Change the tenant's time zone: dates without a time are of its days from then on."""
    if "timezone" in data and data["timezone"] != ctx.timezone():
        if not ctx.transaction.scalar(_KNOWN, (data["timezone"],)):
            raise ValidationFailed([("timezone", "The database does not know this time zone.")])
        row = ctx.first(TenantSettings.select())
        if row is None:
            row = ctx.insert(TenantSettings(timezone=data["timezone"]))
        else:
            ctx.update(row, timezone=data["timezone"])
        ctx.emit(TenantUpdated(row))
        ctx.flush()
    return get_tenant.function(ctx)  # type: ignore[misc, no-any-return]
