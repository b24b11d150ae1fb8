"""The field of a schema that holds the values of custom fields."""

from __future__ import annotations

from typing import Any

from sparx_core.fields import Document
from sparx_core.surfaces.openapi.dispatch import json_schema

#: The column, the attribute and the wire name, of every resource that has them.
CUSTOM = "custom"
#: Bytes of all values of a row together.
MAX_BYTES = 65_536


class CustomFields(Document):
    """The values of the fields that the tenant defines, by key, in the ``JsonField`` ``custom``.

    Its resource says ``custom_fields=True``. In a PATCH what is absent stays, and null clears; the
    operation is given the whole object as it will be stored.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(MAX_BYTES, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        plain = value
        if isinstance(value, dict):
            plain = {key: str(one) if isinstance(one, Cell) else one for key, one in value.items()}
        super()._deserialize(plain, attr, data, **kwargs)
        return value


class Cell(str):
    """The text of a custom field in a CSV file, whose type only the tenant knows."""


@json_schema.register
def _(field: CustomFields) -> dict[str, Any]:
    told = (
        "The values of the fields that are defined at `/v1/custom-fields`, by key. Absent ones stay"
        " as they are, null clears one. Lists are filtered by `custom.key` with the operators of"
        " its type, `custom.key[gte]=3`, and sorted by `sort=custom.key`."
    )
    return {
        "type": "object", "additionalProperties": True, "maxProperties": 100, "description": told,
        "examples": [{}],
    }  # fmt: skip
