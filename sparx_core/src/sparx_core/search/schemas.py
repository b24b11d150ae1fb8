"""What a search is asked, and what it answers."""

from __future__ import annotations

from marshmallow import fields

from sparx_core.fields import Id, ListOf, Text, WholeNumber
from sparx_core.schemas import ObjectSchema

MAX_CHARACTERS, MAX_WORDS, MAX_TYPES = 200, 10, 50
DEFAULT_HITS, MAX_HITS = 20, 50


class SearchQuery(ObjectSchema):
    """The parameters of a search."""

    q = Text(
        MAX_CHARACTERS,
        required=True,
        metadata={
            "description": f"Words to search for, at most {MAX_WORDS}: each has to occur in the"
            " row, as a part of a word, in whatever case.",
            "example": "lindgren",
        },
    )
    types = ListOf(
        fields.String(),
        minimum=1,
        maximum=MAX_TYPES,
        metadata={
            "description": "The resources to search in, with commas between them; all that the key"
            " may read without it.",
            "example": ["core.members"],
        },
    )
    take = WholeNumber(
        1, MAX_HITS, load_default=DEFAULT_HITS, metadata={"description": "Hits at most."}
    )


class HitSchema(ObjectSchema):
    """A row that was found. `score` is 100 where it is what was asked for, to the letter; 80 and
    more where a field begins with the words, 60 where a word in it does, 40 where they are in it,
    20 where they are in several places, and 10 where they are in what the row refers to.
    """

    type = Text(metadata={"example": "core.members"})
    id = Id()
    title = Text(allow_none=True, metadata={"example": "Ann Lindgren"})
    subtitle = Text(allow_none=True, metadata={"example": "ann@lindgren-diesel.example"})
    score = WholeNumber(metadata={"example": 80})
    resource = fields.Dict(
        keys=fields.String(),
        metadata={"description": "The row as lists show it.", "example": {"name": "Ann Lindgren"}},
    )
