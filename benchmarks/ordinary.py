"""Two endpoints written the ordinary way: rows become peewee models, marshmallow dumps them.

As somebody would write it who knows these libraries: items are prefetched, the total is a COUNT,
the schema is made once, only columns that are shown are read, msgspec encodes. Authentication,
row-level security, envelope, log and server are those of the API: what differs is the reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

import falcon
from marshmallow import Schema, fields
from peewee import (
    BigIntegerField,
    ForeignKeyField,
    IntegerField,
    Model,
    PostgresqlDatabase,
    TextField,
    UUIDField,
    prefetch,
)

from sparx_core.app import RequestLog
from sparx_core.auth.keys import bearer
from sparx_core.db.fields import MoneyField, TimestampField, UnitPriceField
from sparx_core.db.urls import resolve_urls
from sparx_core.json import encode
from sparx_core.logs import configure_logging
from sparx_core.money import currency_digits, decimal_places, round_amount
from sparx_core.read.ordering import Cursor, Ordering
from sparx_core.settings import Settings
from sparx_core.surfaces.rest.envelope import success
from sparx_core.surfaces.rest.health import Health

TARGET = "benchmarks.ordinary:create_app()"
_TAKE = 50
_AUTHENTICATE = "SELECT scopes, modules FROM core.authenticate(%s, %s, NULL, NULL)"

database = PostgresqlDatabase(None)


class Order(Model):
    """An order."""

    id = UUIDField(primary_key=True)
    number = BigIntegerField()
    status = TextField()
    payment_status = TextField()
    customer_id = UUIDField()
    currency = TextField()
    subtotal = MoneyField()
    total = MoneyField()
    created_at = TimestampField()

    class Meta:
        database = database
        schema = "crm"
        table_name = "orders"


class OrderItem(Model):
    """A line of an order."""

    id = UUIDField(primary_key=True)
    order = ForeignKeyField(Order, backref="items")
    position = IntegerField()
    sku = TextField()
    name = TextField()
    quantity = IntegerField()
    unit_price = UnitPriceField()

    class Meta:
        database = database
        schema = "crm"
        table_name = "order_items"


class Amount(fields.Field[Decimal]):
    """An amount with the digits of its currency."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Decimal:
        return round_amount(value, obj.currency)


class Price(fields.Field[Decimal]):
    """A price with at least the digits of its currency."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Decimal:
        digits = max(currency_digits()[obj.order.currency], decimal_places(value))
        price: Decimal = value.quantize(Decimal(1).scaleb(-digits))
        return price


class OrderItemSchema(Schema):
    """A line of an order on the wire."""

    sku = fields.String()
    name = fields.String()
    quantity = fields.Integer()
    unit_price = Price(data_key="unitPrice")


class OrderSchema(Schema):
    """An order on the wire."""

    id = fields.UUID()
    number = fields.String(data_key="orderNumber")
    status = fields.String()
    payment_status = fields.String(data_key="paymentStatus")
    customer_id = fields.UUID(data_key="customerId")
    currency = fields.String()
    subtotal = Amount()
    total = Amount()
    items = fields.Nested(OrderItemSchema, many=True)
    created_at = fields.DateTime(format="%Y-%m-%dT%H:%M:%SZ", data_key="createdAt")


_schema = OrderSchema()


class Orders:
    """``GET /v1/crm/orders``: the first page."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        with as_tenant(request):
            total = Order.select().count()
            newest = Order.select().order_by(Order.id.desc()).limit(_TAKE + 1)
            orders = prefetch(newest, _items())
        shown = orders[:_TAKE]
        meta: dict[str, Any] = {"total": total, "per_page": _TAKE, "next_cursor": None}
        if len(orders) > _TAKE:
            meta["next_cursor"] = Cursor(shown[-1].id).encode(Ordering())
        success(response, encode(_schema.dump(shown, many=True)), encode(meta))


class OneOrder:
    """``GET /v1/crm/orders/{id}``."""

    def on_get(self, request: falcon.Request, response: falcon.Response, id: UUID) -> None:
        with as_tenant(request):
            found = prefetch(Order.select().where(Order.id == id), _items())
        if not found:
            raise falcon.HTTPNotFound
        success(response, encode(_schema.dump(found[0])))


def _items() -> Any:
    return OrderItem.select().order_by(OrderItem.position)


@contextmanager
def as_tenant(request: falcon.Request) -> Iterator[None]:
    """A transaction in the tenant of the request's key."""
    key = bearer(request.get_header("Authorization"))
    if key is None:
        raise falcon.HTTPUnauthorized
    with database.atomic():
        found = database.execute_sql(_AUTHENTICATE, (key.key_id, key.secret_hash)).fetchone()
        if found is None:
            raise falcon.HTTPUnauthorized
        scopes, modules = (text.strip(",").split(",") for text in found)
        if "crm" not in modules or not {"*", "read:crm"} & set(scopes):
            raise falcon.HTTPForbidden
        yield


def create_app() -> falcon.App[Any, Any]:
    """The application over the installation of the environment."""
    settings = Settings.load()
    configure_logging(settings)
    database.init(resolve_urls(settings).app)
    app: falcon.App[Any, Any] = falcon.App(middleware=[RequestLog({})])
    app.add_route("/health", Health())
    app.add_route("/v1/crm/orders", Orders())
    app.add_route("/v1/crm/orders/{id:uuid}", OneOrder())
    return app
