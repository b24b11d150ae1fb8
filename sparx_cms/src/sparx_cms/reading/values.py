"""How the values of fields compare, in lists that are narrowed to them or sorted by them."""

from __future__ import annotations

from sparx_cms.types.definitions import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    EMAIL,
    ENUM,
    INTEGER,
    LONG_TEXT,
    MEDIA,
    REFERENCE,
    SLUG,
    TEXT,
    URL,
    FieldDefinition,
)

_HOW = {
    TEXT: "text",
    LONG_TEXT: "text",
    SLUG: "text",
    EMAIL: "text",
    URL: "text",
    INTEGER: "number",
    DECIMAL: "number",
    BOOLEAN: "flag",
    DATE: "day",
    DATETIME: "time",
    ENUM: "word",
    REFERENCE: "id",
    MEDIA: "id",
}


def compared_as(field: FieldDefinition) -> str | None:
    """The way in which a :class:`DocumentValue` compares it; None for what does not compare."""
    return _HOW.get(field.type)
