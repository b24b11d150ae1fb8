"""The tables of the modules of a stranger."""

from __future__ import annotations

from peewee import BigIntegerField, BooleanField, DecimalField, IntegerField, TextField

from sparx_core import (
    JsonField,
    MoneyField,
    Reference,
    SequenceField,
    TenantModel,
    TextArrayField,
    TimestampField,
    UnitPriceField,
    default,
)


class Category(TenantModel):
    """A tree of them."""

    name = TextField()
    label = JsonField(constraints=[default("'{}'")])
    parent = Reference("shop.categories", null=True, on_delete="SET NULL")

    class Meta:
        schema = "shop"
        table_name = "categories"


class Product(TenantModel):
    """A row with a column of every kind."""

    number = SequenceField(start=1)
    name = TextField()
    subtitle = TextField(null=True)
    code = TextField(null=True)
    kind = TextField(constraints=[default("'simple'")])
    grade = TextField(null=True)
    active = BooleanField(constraints=[default("true")])
    featured = BooleanField(null=True)
    stock = IntegerField(constraints=[default("0")])
    position = IntegerField(null=True)
    views = BigIntegerField(null=True)
    currency = TextField()
    price = MoneyField()
    cost = MoneyField(null=True)
    unit_price = UnitPriceField(null=True)
    weight = DecimalField(max_digits=20, decimal_places=6, null=True)
    released_at = TimestampField(null=True)
    category = Reference("shop.categories", null=True, on_delete="CASCADE")
    substitute = Reference("shop.products", null=True, on_delete="SET NULL")
    photos = JsonField(constraints=[default("'[]'")])
    attributes = JsonField(constraints=[default("'{}'")])
    tags = TextArrayField(constraints=[default("'{}'")])
    title = JsonField(null=True)

    class Meta:
        schema = "shop"
        table_name = "products"
        indexes = ((("code",), True), (("number",), True))


class Part(TenantModel):
    """What a product consists of."""

    product = Reference("shop.products", on_delete="CASCADE")
    place = IntegerField()
    sku = TextField()
    quantity = IntegerField()
    price = MoneyField(currency="product.currency")
    origin = Reference("shop.categories", null=True, on_delete="SET NULL")

    class Meta:
        schema = "shop"
        table_name = "parts"


class Review(TenantModel):
    """What somebody says about a product."""

    product = Reference("shop.products", on_delete="CASCADE")
    author = TextField()
    stars = IntegerField()

    class Meta:
        schema = "shop"
        table_name = "reviews"


class Safe(TenantModel):
    """What not everybody may see."""

    code = TextField()

    class Meta:
        schema = "vault"
        table_name = "safes"


class Perk(TenantModel):
    """What comes with a product, kept in a safe."""

    product = Reference("shop.products", on_delete="CASCADE")
    safe = Reference("vault.safes", null=True)
    name = TextField()
    points = IntegerField(constraints=[default("1")])

    class Meta:
        schema = "perks"
        table_name = "perks"
