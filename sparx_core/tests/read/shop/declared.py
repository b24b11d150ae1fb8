"""What the modules of a stranger declare. Nothing in them is written for the sake of reading."""

from __future__ import annotations

import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sparx_core import Context, Event, Extension, Module, Resource, Values, hookimpl
from sparx_core.modules import Installed

from . import odd, schemas
from .models import Category, Part, Perk, Product, Review, Safe


def _event(resource: str, noun: str, verb: str) -> type[Event]:
    """The event type of a plain fact."""
    name = f"{noun}.{verb}"
    body = {"name": name, "resource": resource, "__doc__": f"A {noun} was {verb}."}
    return type(f"{noun.title()}{verb.title()}", (Event,), body)


def _events(resource: str, noun: str) -> dict[str, type[Event]]:
    return {verb: _event(resource, noun, verb) for verb in ("created", "updated", "deleted")}


categories = Resource(
    "categories",
    Category,
    schemas.CategorySchema,
    search=("name",),
    filters=("name", "parentId", "createdAt"),
    sorts=("name", "createdAt", "parentId"),
)
products = Resource(
    "products",
    Product,
    schemas.ProductSchema,
    search=("name", "subtitle", "code", "tags", "number", "category"),
    filters=(
        "number",
        "name",
        "subtitle",
        "code",
        "kind",
        "grade",
        "active",
        "featured",
        "stock",
        "position",
        "views",
        "currency",
        "price",
        "cost",
        "unitPrice",
        "releasedAt",
        "createdAt",
        "categoryId",
        "substituteId",
        "tags",
    ),
    sorts=(
        "number",
        "name",
        "subtitle",
        "code",
        "kind",
        "grade",
        "active",
        "stock",
        "position",
        "views",
        "price",
        "cost",
        "unitPrice",
        "releasedAt",
        "createdAt",
        "categoryId",
    ),
)
reviews = Resource(
    "reviews",
    Review,
    schemas.ReviewSchema,
    search=("author",),
    filters=("productId", "stars", "author"),
    sorts=("stars", "author"),
)
safes = Resource("safes", Safe, schemas.SafeSchema, search=("code",), filters=("code",))
perks = Resource(
    "perks",
    Perk,
    schemas.PerkSchema,
    search=("name", "safe"),
    filters=("productId", "safeId", "name", "points"),
    sorts=("name", "points"),
)

CATEGORY, PRODUCT = _events("shop.categories", "category"), _events("shop.products", "product")
REVIEW, SAFE = _events("shop.reviews", "review"), _events("vault.safes", "safe")
PERK = _events("perks.perks", "perk")

categories.derive(**CATEGORY)
reviews.derive(**REVIEW)
safes.derive(**SAFE)
perks.derive(**PERK)
products.derive(deleted=PRODUCT["deleted"])


@products.create(emits=[PRODUCT["created"]])
def create_product(ctx: Context, data: Values) -> Product:
    """Create a product with its parts."""
    parts = data.pop("parts", [])
    row = ctx.insert(Product(**data))
    ctx.insert_all(Part(product=row.id, place=place, **part) for place, part in enumerate(parts))
    ctx.emit(PRODUCT["created"](row))
    return row


class ProductChange(schemas.ObjectSchema):
    """What of a product can be changed."""

    name = schemas.Text(200, required=True)
    stock = schemas.WholeNumber()
    grade = schemas.Choice(*schemas.GRADES, allow_none=True)
    cost = schemas.Money(allow_none=True)


@products.update(body=ProductChange, emits=[PRODUCT["updated"]])
def change_product(ctx: Context, row: Product, data: Values) -> Product:
    """Change a product."""
    ctx.update(row, **data)
    if ctx.writes:
        ctx.emit(PRODUCT["updated"](row))
    return row


@products.action("touch", emits=[PRODUCT["updated"]])
def touch_product(ctx: Context, row: Product) -> Product:
    """State that a product is what it is."""
    ctx.emit(PRODUCT["updated"](row))
    return row


class OwnModule(Module):
    """A module whose migrations are beside this file."""

    def migrations(self) -> Any:
        return Path(__file__).parent / "migrations" / self.key


def _plugin(**hooks: Callable[..., Any]) -> Any:
    return types.SimpleNamespace(**{name: hookimpl(hook) for name, hook in hooks.items()})


shop_module = OwnModule(
    key="shop",
    title="Shop",
    package="shop",
    plugin=_plugin(
        sparx_models=lambda: [Category, Product, Part, Review],
        sparx_resources=lambda: [categories, products, reviews],
        sparx_events=lambda: [*CATEGORY.values(), *PRODUCT.values(), *REVIEW.values()],
    ),
)
vault_module = OwnModule(
    key="vault",
    title="Vault",
    package="vault",
    plugin=_plugin(
        sparx_models=lambda: [Safe],
        sparx_resources=lambda: [safes],
        sparx_events=lambda: list(SAFE.values()),
    ),
)
perks_module = OwnModule(
    key="perks",
    title="Perks",
    package="perks",
    requires=("shop", "vault"),
    plugin=_plugin(
        sparx_models=lambda: [Perk],
        sparx_resources=lambda: [perks],
        sparx_events=lambda: list(PERK.values()),
        sparx_extend_resource=lambda: [
            Extension("shop.products", schemas.ProductPerks),
            Extension("shop.categories", schemas.CategoryPerks),
        ],
    ),
)
odd_module = OwnModule(key="odd", title="Odd", package="odd", plugin=_plugin(**odd.HOOKS["odd"]))
odder_module = OwnModule(
    key="odder",
    title="Odder",
    package="odder",
    requires=("odd",),
    plugin=_plugin(**odd.HOOKS["odder"]),
)

INSTALLED = [
    Installed(shop_module, "sparx-shop", "1.0.0"),
    Installed(vault_module, "sparx-vault", "1.0.0"),
    Installed(perks_module, "sparx-perks", "1.0.0"),
    Installed(odd_module, "sparx-odd", "1.0.0"),
    Installed(odder_module, "sparx-odder", "1.0.0"),
]
