"""Webhook subscriptions, their deliveries, and the attempts at each."""

from typing import Any

from peewee import (
    BigIntegerField,
    BlobField,
    BooleanField,
    Database,
    IntegerField,
    TextField,
    UUIDField,
)

from sparx_core.db.fields import (
    JsonField,
    JsonTextField,
    Reference,
    TextArrayField,
    TimestampField,
    check,
    default,
)
from sparx_core.db.models import TenantModel
from sparx_core.db.tables import create_tables

_DELIVERY_STATES = "state IN ('pending', 'sending', 'delivered', 'failed', 'cancelled')"


class WebhookSubscription(TenantModel):
    url = TextField()
    events = TextArrayField()
    description = TextField(null=True)
    filter = JsonField(null=True)
    headers = JsonField(constraints=[default("'{}'")])
    rate = IntegerField(constraints=[default("50"), check("rate > 0")])
    concurrency = IntegerField(constraints=[default("2"), check("concurrency > 0")])
    state = TextField(
        constraints=[default("'enabled'"), check("state IN ('enabled', 'disabled')")],
    )
    disabled_reason = TextField(
        null=True, constraints=[check("disabled_reason IN ('manual', 'gone', 'failing')")]
    )
    disabled_at = TimestampField(null=True)
    secrets = BlobField()
    next_at = TimestampField(null=True)
    failures = IntegerField(constraints=[default("0")])
    window_at = TimestampField(null=True)
    window_total = IntegerField(constraints=[default("0")])
    window_failed = IntegerField(constraints=[default("0")])
    first_failed_at = TimestampField(null=True)
    last_failed_at = TimestampField(null=True)
    last_succeeded_at = TimestampField(null=True)
    open_until = TimestampField(null=True)
    opened = IntegerField(constraints=[default("0")])
    warned = IntegerField(constraints=[default("0")])

    class Meta:
        schema = "core"
        table_name = "webhook_subscriptions"


class WebhookDelivery(TenantModel):
    event_id = UUIDField()
    event_type = TextField()
    module = TextField()
    subscription = Reference("core.webhook_subscriptions", on_delete="CASCADE")
    position = BigIntegerField()
    state = TextField(
        constraints=[default("'pending'"), check(_DELIVERY_STATES)],
    )
    attempt = IntegerField(constraints=[default("0")])
    due_at = TimestampField(constraints=[default("clock_timestamp()")])
    lease_until = TimestampField(null=True)
    token = UUIDField(null=True)
    body = TextField(null=True)
    last_status = IntegerField(null=True)
    last_error = TextField(null=True)
    finished_at = TimestampField(null=True)
    replay_id = UUIDField(null=True)
    test = BooleanField(constraints=[default("false")])

    class Meta:
        schema = "core"
        table_name = "webhook_deliveries"
        indexes = ((("event_id",), False),)


class WebhookAttempt(TenantModel):
    delivery = Reference("core.webhook_deliveries", on_delete="CASCADE")
    subscription_id = UUIDField()
    event_type = TextField()
    number = IntegerField()
    started_at = TimestampField()
    milliseconds = IntegerField()
    status = IntegerField(null=True)
    error = TextField(null=True)
    message = TextField(null=True)
    address = TextField(null=True)
    request_headers = JsonTextField()
    response_headers = JsonTextField(null=True)
    response_body = TextField(null=True)
    manual = BooleanField(constraints=[default("false")])

    class Meta:
        schema = "core"
        table_name = "webhook_attempts"
        indexes = ((("delivery", "number"), False), (("subscription_id", "id"), False))


AFTER = """
CREATE INDEX webhook_deliveries_due_idx
    ON core.webhook_deliveries (tenant_id, subscription_id, due_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_sending_idx
    ON core.webhook_deliveries (tenant_id, subscription_id) WHERE state = 'sending';
"""


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [WebhookSubscription, WebhookDelivery, WebhookAttempt])
    db.execute_sql(AFTER)
