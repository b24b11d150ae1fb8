"""Rich text on the wire: turned into other formats, and read out of them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from sparx_core import Choice, Id, ObjectSchema, Text, json_schema

TREE, HTML, MARKDOWN, TEXT = FORMATS = ("tree", "html", "markdown", "text")
READ = (TREE, HTML, MARKDOWN)
SHOWN = (HTML, MARKDOWN, TEXT)
MAX_SOURCE = 500_000
_EXAMPLE = {
    "type": "doc",
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hello"}]}],
}


class Source(fields.Field[Any]):
    """A text, or a tree."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            if len(value) > MAX_SOURCE:
                raise ValidationError(f"Longer than {MAX_SOURCE:,} characters.")
            return value
        if isinstance(value, dict):
            return value
        raise ValidationError("Must be a text, or a tree.")


@json_schema.register
def _(field: Source) -> dict[str, Any]:
    return {"anyOf": [{"type": "string", "maxLength": MAX_SOURCE}, {"type": "object"}]}


class TextConversionSchema(ObjectSchema):
    """Rich text to be turned into another format. HTML and Markdown lose what the tree has no node
    for, and addresses that a browser would run; their text stays.
    """

    source = Choice(
        *READ,
        required=True,
        data_key="from",
        metadata={"description": "The format it is in.", "example": MARKDOWN},
    )
    to = Choice(*FORMATS, required=True, metadata={"example": "tree"})
    content = Source(
        required=True,
        metadata={"description": "An object if it is a tree, a text otherwise.", "example": "Hi"},
    )


class ConvertedTextSchema(ObjectSchema):
    """Rich text in the format that was asked for."""

    format = Choice(*FORMATS)
    content = Source(
        metadata={
            "description": "An object if it is a tree, a text otherwise.",
            "example": _EXAMPLE,
        }
    )


class ShownTextQuery(ObjectSchema):
    """Which field is shown, and how."""

    field = Text(
        63,
        metadata={"description": "Its key; the first one unless it is given.", "example": "body"},
    )
    format = Choice(*SHOWN, load_default=HTML)
    locale = Text(35, metadata={"description": "The tenant's own unless it is given."})
    status = fields.String(
        validate=validate.OneOf(["published", "draft"]),
        load_default="published",
        metadata={"description": "`draft` needs `draft:cms`."},
    )


class ShownTextSchema(ObjectSchema):
    """A field of rich text as readers see it."""

    id = Id(metadata={"description": "Of the entry."})
    field = Text(63, metadata={"example": "body"})
    format = Choice(*SHOWN)
    locale = Text(
        35,
        allow_none=True,
        metadata={"description": "The one that it was found in.", "example": "en"},
    )
    content = fields.String(metadata={"example": "<p>Hello</p>"})
