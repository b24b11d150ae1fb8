"""All content types of a tenant, as they are in a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sparx_cms.models.content_types import COMPONENT, ContentType
from sparx_cms.types.definitions import FieldDefinition, TypeDefinition
from sparx_cms.types.kept import forget, keep, kept
from sparx_core import Context, NotFound

TYPES = "types"


@dataclass(frozen=True)
class Catalogue:
    """The content types of a tenant, components among them."""

    by_key: Mapping[str, TypeDefinition]
    by_id: Mapping[UUID, TypeDefinition]


def catalogue(ctx: Context) -> Catalogue:
    """The content types of the tenant, read at most once in a transaction."""
    found: Catalogue = kept(ctx, TYPES) or keep(ctx, TYPES, read_catalogue(ctx))
    return found


def forget_catalogue(ctx: Context) -> None:
    """Read it again: this transaction changed a type."""
    forget(ctx, TYPES)


def read_catalogue(ctx: Context) -> Catalogue:
    """The content types of the tenant, by one statement."""
    return catalogue_of(ctx.all(ContentType.select().order_by(ContentType.key)))


def catalogue_of(rows: Iterable[ContentType]) -> Catalogue:
    """The catalogue that rows make together."""
    components: dict[str, TypeDefinition] = {}
    found = [_definition(row, components) for row in rows]
    components.update({one.key: one for one in found if one.kind == COMPONENT})
    return Catalogue({one.key: one for one in found}, {one.id: one for one in found})


def content_type(ctx: Context, key_or_id: str | UUID) -> TypeDefinition:
    """A content type of the tenant; ``NotFound`` if there is none."""
    types = catalogue(ctx)
    found = (
        types.by_id.get(key_or_id) if isinstance(key_or_id, UUID) else types.by_key.get(key_or_id)
    )
    if found is None:
        raise NotFound
    return found


def _definition(row: ContentType, components: Mapping[str, TypeDefinition]) -> TypeDefinition:
    return TypeDefinition(
        id=row.id,
        key=str(row.key),
        name=str(row.name),
        kind=str(row.kind),
        fields=tuple(FieldDefinition.of(one) for one in row.fields),
        display_field=row.display_field,
        url_pattern=row.url_pattern,
        stages=tuple(row.stages),
        state=str(row.state),
        built_in=bool(row.built_in),
        schema_version=int(row.schema_version),
        components=components,
    )
