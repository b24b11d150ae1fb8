"""Content types as the rest of the CMS knows them: what a field takes, and how it is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from sparx_cms.models.content_types import COMPONENT, DEPRECATED, SINGLETON

#: ``{"<field id>": {"<locale>": value}}``; of what is not localized, under ``*``.
Document = dict[str, dict[str, Any]]
#: ``{"<field id>": value}``: what is in a component, an object or a block.
Part = dict[str, Any]

TEXT, LONG_TEXT, RICH_TEXT, SLUG, EMAIL, URL = (
    "text", "longText", "richText", "slug", "email", "url",
)  # fmt: skip
INTEGER, DECIMAL, BOOLEAN, DATE, DATETIME = "integer", "decimal", "boolean", "date", "datetime"
ENUM, JSON, LOCATION = "enum", "json", "location"
REFERENCE, MEDIA = "reference", "media"
COMPONENT_FIELD, BLOCKS, OBJECT = "component", "blocks", "object"

FIELD_TYPES = (
    TEXT, LONG_TEXT, RICH_TEXT, SLUG, EMAIL, URL, INTEGER, DECIMAL, BOOLEAN, DATE, DATETIME, ENUM,
    JSON, LOCATION, REFERENCE, MEDIA, COMPONENT_FIELD, BLOCKS, OBJECT,
)  # fmt: skip
#: Of which there can be a list; ``blocks`` always are one.
REPEATABLE = frozenset(FIELD_TYPES) - {RICH_TEXT, SLUG, BOOLEAN, JSON, BLOCKS}
#: Which can be unique: what is compared as text.
UNIQUE = frozenset({TEXT, SLUG, EMAIL, URL, INTEGER, DECIMAL, DATE, DATETIME})
#: What a search reads.
PROSE = frozenset({TEXT, LONG_TEXT, RICH_TEXT})
#: What holds values of other fields.
NESTING = frozenset({COMPONENT_FIELD, BLOCKS, OBJECT})

ACTIVE, OMITTED = FIELD_STATES = ("active", "omitted")


@dataclass(frozen=True)
class FieldDefinition:
    """A field of a content type, of a component, or of an ``object``, whose own are ``fields``.

    ``id`` is for ever; entries hold values under it, so that ``key`` may change. ``settings`` is
    the whole definition as it is stored, which is as it is on the wire.
    """

    id: str
    key: str
    type: str
    label: str = ""
    required: bool = False
    localized: bool = False
    unique: bool = False
    multiple: bool = False
    omitted: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[FieldDefinition, ...] = ()

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> FieldDefinition:
        """The field that an entry of ``content_types.fields`` defines."""
        return cls(
            id=stored["id"],
            key=stored["key"],
            type=stored["type"],
            label=stored["label"],
            required=stored.get("required", False),
            localized=stored.get("localized", False),
            unique=stored.get("unique", False),
            multiple=stored.get("multiple", False),
            omitted=stored.get("state") == OMITTED,
            settings=stored,
            fields=tuple(cls.of(one) for one in stored.get("fields", ())),
        )

    @property
    def listed(self) -> bool:
        """Whether its value is a list."""
        return self.multiple or self.type == BLOCKS

    @property
    def component(self) -> str | None:
        """The component that a field of type ``component`` holds."""
        return self.settings.get("component")

    @property
    def allowed(self) -> Sequence[str]:
        """The types that a reference may be to (none: all of them), or the components of blocks."""
        found = self.settings.get("to" if self.type == REFERENCE else "components")
        return tuple(found or ())

    @cached_property
    def options(self) -> tuple[str, ...]:
        """What an ``enum`` chooses from."""
        return tuple(one["value"] for one in self.settings.get("options", ()))


@dataclass(frozen=True, eq=False)
class TypeDefinition:
    """A content type. ``components`` are those of the tenant, by key: its fields may hold them."""

    id: UUID
    key: str
    name: str
    kind: str
    fields: tuple[FieldDefinition, ...]
    display_field: str | None = None
    url_pattern: str | None = None
    stages: tuple[Any, ...] = ()
    state: str = ACTIVE
    built_in: bool = False
    schema_version: int = 1
    components: Mapping[str, TypeDefinition] = field(default_factory=dict, repr=False)

    @cached_property
    def by_key(self) -> Mapping[str, FieldDefinition]:
        """The fields that are in use, in order."""
        return keyed(self.fields)

    @cached_property
    def by_id(self) -> Mapping[str, FieldDefinition]:
        """All fields, with those that are omitted."""
        return {one.id: one for one in self.fields}

    @property
    def is_component(self) -> bool:
        return self.kind == COMPONENT

    @property
    def is_singleton(self) -> bool:
        return self.kind == SINGLETON

    @property
    def takes_entries(self) -> bool:
        """Whether there may be new entries of it."""
        return not self.is_component and self.state != DEPRECATED

    def inside(self, one: FieldDefinition) -> tuple[FieldDefinition, ...]:
        """The fields whose values a component or object holds; none for any other field."""
        if one.type == OBJECT:
            return one.fields
        found = self.components.get(one.component or "") if one.type == COMPONENT_FIELD else None
        return () if found is None else found.fields

    def block_fields(self, key: str) -> tuple[FieldDefinition, ...] | None:
        """The fields of a block of this component; None if there is none any more."""
        found = self.components.get(key)
        return None if found is None else found.fields


def keyed(fields: Iterable[FieldDefinition]) -> Mapping[str, FieldDefinition]:
    """The fields that are in use by their keys, in order."""
    return {one.key: one for one in fields if not one.omitted}
