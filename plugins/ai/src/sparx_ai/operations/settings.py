"""What agents may do: for the whole tenant, and with single keys."""

from __future__ import annotations

from collections.abc import Sequence

from sparx_ai.events import (
    KeySettingsCreated,
    KeySettingsDeleted,
    KeySettingsUpdated,
    SettingsUpdated,
)
from sparx_ai.models import DEFAULT_WRITES, KeySettings, Settings
from sparx_ai.schemas import (
    KeySettingsSchema,
    OwnSettingsSchema,
    SettingsChangeSchema,
    SettingsSchema,
)
from sparx_core import Context, Resource, ValidationFailed, Values, operation

#: What holds until somebody decides.
DEFAULTS: Values = {
    "enabled": True,
    "read_only": False,
    "allow_deletes": False,
    "toolsets": None,
    "writes_per_hour": DEFAULT_WRITES,
}

settings = Resource("settings", Settings, SettingsSchema, exposed=False)
key_settings = Resource(
    "keys", KeySettings, KeySettingsSchema, filters=("keyId",), scanned=("keyId",), bulk=False
)


def stored(ctx: Context) -> Settings | None:
    """The tenant's row, if it ever decided something."""
    return next(iter(ctx.match(Settings, "single", ["true"])), None)


@operation(
    "GET",
    "/settings",
    module="ai",
    name="settings",
    scope="read:ai",
    answer=OwnSettingsSchema,
    raises=(),
)
def get_settings(ctx: Context) -> Values:
    """What agents may do in the tenant."""
    row = stored(ctx)
    found = {name: one if row is None else getattr(row, name) for name, one in DEFAULTS.items()}
    return {
        "enabled": found["enabled"],
        "readOnly": found["read_only"],
        "allowDeletes": found["allow_deletes"],
        "toolsets": found["toolsets"],
        "writesPerHour": found["writes_per_hour"],
    }


@operation(
    "PATCH",
    "/settings",
    module="ai",
    name="update_settings",
    scope="write:ai",
    body=SettingsChangeSchema,
    answer=OwnSettingsSchema,
    emits=[SettingsUpdated],
    raises=[ValidationFailed],
)
def update_settings(ctx: Context, data: Values) -> Values:
    """Change what agents may do in the tenant. It holds from their next call on."""
    check_toolsets(ctx, data.get("toolsets"))
    # The row is made by whoever is first; others wait, and find it.
    ctx.transaction.take_turns("ai.settings")
    row = stored(ctx)
    before = {name: one if row is None else getattr(row, name) for name, one in DEFAULTS.items()}
    changes = {name: one for name, one in data.items() if before[name] != one}
    if changes:
        if row is None:
            row = ctx.insert(Settings(**{**DEFAULTS, **changes}))
        else:
            ctx.update(row, **changes)
        ctx.emit(SettingsUpdated(row))
        ctx.flush()
    return get_settings.function(ctx)  # type: ignore[misc, no-any-return]


@key_settings.create(emits=[KeySettingsCreated], raises=[ValidationFailed])
def create_key_settings(ctx: Context, data: Values) -> KeySettings:
    """Decide what agents may do with a key. Each key has this once."""
    check_toolsets(ctx, data.get("toolsets"))
    row = ctx.insert(KeySettings(**data))
    ctx.emit(KeySettingsCreated(row))
    return row


@key_settings.update(emits=[KeySettingsUpdated], raises=[ValidationFailed])
def update_key_settings(ctx: Context, row: KeySettings, data: Values) -> KeySettings:
    """Change what agents may do with a key."""
    check_toolsets(ctx, data.get("toolsets"))
    if any(getattr(row, name) != one for name, one in data.items()):
        ctx.update(row, **data)
        ctx.emit(KeySettingsUpdated(row))
    return row


@key_settings.delete(emits=[KeySettingsDeleted])
def delete_key_settings(ctx: Context, row: KeySettings) -> None:
    """Take back what was decided for a key: the tenant's settings hold for it."""
    ctx.delete(row)
    ctx.emit(KeySettingsDeleted(row))


def check_toolsets(ctx: Context, toolsets: Sequence[str] | None) -> None:
    """Refuse what is no module: a typo would turn everything off."""
    for index, name in enumerate(toolsets or ()):
        if name not in ctx.registry.modules:
            raise ValidationFailed([(f"toolsets[{index}]", f"There is no module {name[:64]}.")])
