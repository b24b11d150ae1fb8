"""Searching what is live."""

from __future__ import annotations

from marshmallow import fields

from sparx_core import Id, ListOf, ObjectSchema, Text, WholeNumber

MAX_TAKE, MAX_WORDS = 50, 10


class SearchQuery(ObjectSchema):
    """What is looked for, and where."""

    q = Text(
        200,
        required=True,
        metadata={
            "description": f"At most {MAX_WORDS} words, every one of which occurs: as it is, by its"
            " stem in the language of the text, or as the beginning of a word.",
            "example": "diesel engines",
        },
    )
    locale = Text(
        35,
        load_default="*",
        metadata={"description": "A language, or `*` for all of them.", "example": "en"},
    )
    type = ListOf(
        Text(63), minimum=1, maximum=20, metadata={"description": "Only entries of these types."}
    )
    take = WholeNumber(1, MAX_TAKE, load_default=20)


class SearchHitSchema(ObjectSchema):
    """An entry in one language, as it is live, in which the words occur."""

    entry_id = Id(required=True)
    type = fields.String(required=True, metadata={"example": "post"})
    locale = fields.String(required=True, metadata={"example": "en"})
    title = fields.String(required=True, metadata={"example": "Diesel engines"})
    path = fields.String(required=True, allow_none=True, metadata={"example": "/blog/diesel"})
    snippet = fields.String(
        required=True, metadata={"description": "Plain text around the words; it is not HTML."}
    )
