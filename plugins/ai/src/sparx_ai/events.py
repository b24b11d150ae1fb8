"""The facts that the AI module states."""

from __future__ import annotations

from sparx_core import Event


class SettingsUpdated(Event):
    """What agents may do in the tenant was changed."""

    name, resource, public = "ai_settings.updated", "ai.settings", False


class KeySettingsCreated(Event):
    """It was decided what agents may do with a key."""

    name, resource, public = "ai_key_settings.created", "ai.keys", False


class KeySettingsUpdated(Event):
    """What agents may do with a key was changed."""

    name, resource, public = "ai_key_settings.updated", "ai.keys", False


class KeySettingsDeleted(Event):
    """What was decided for a key was taken back: the tenant's settings hold for it."""

    name, resource, public = "ai_key_settings.deleted", "ai.keys", False
