"""What is known of the resources of the core."""

from __future__ import annotations

from .known import Known

CORE = {
    "core.webhook_subscriptions": Known(few=5),
    "core.custom_fields": Known(bound=frozenset({"min", "max", "target"}), few=4),
    "core.views": Known(few=2),
}
