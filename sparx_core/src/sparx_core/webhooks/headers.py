"""Headers that a subscription adds to what it is sent, such as ``Authorization``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from sparx_core.outbound.client import OWN_HEADERS
from sparx_core.surfaces.openapi.dispatch import JsonSchema, json_schema

#: What is shown instead of a value, and sent to leave one as it is.
MASK = "***"
#: Headers of one subscription; characters of a name, of a value, and of all of them together.
MAX_HEADERS, MAX_NAME, MAX_VALUE, MAX_ALL = 20, 128, 2_048, 8_192
NAME_FORM, VALUE_FORM = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", r"[!-~](?:[\t -~]*[!-~])?"

_NAME, _VALUE = re.compile(NAME_FORM), re.compile(VALUE_FORM)
#: What every delivery says by itself.
_OURS = OWN_HEADERS | {"content-type", "user-agent", "cookie", "accept", "date"}
_OUR_PREFIXES = "webhook-", "x-sparx-", "proxy-", "sec-"


class Headers(fields.Dict):
    """Headers by name. The values may be passwords, and are never shown: `***` stands for each, and
    leaves what is there if it is sent.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.String(), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValidationError("Must be a JSON object.")
        if len(value) > MAX_HEADERS:
            raise ValidationError(f"Must have at most {MAX_HEADERS} headers.")
        problems = {
            name[:64]: [told] for name, one in value.items() if (told := _problem(name, one))
        }
        if problems:
            raise ValidationError(problems)
        if len({name.lower() for name in value}) < len(value):
            raise ValidationError("A header is there twice, in different letters.")
        if sum(map(len, (*value, *value.values()))) > MAX_ALL:
            raise ValidationError(f"Longer than {MAX_ALL} characters in all.")
        return dict(value)


def _problem(name: str, value: Any) -> str | None:
    lower = name.lower()
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        return "Not the name of a header."
    if lower in _OURS or lower.startswith(_OUR_PREFIXES):
        return "This header is set by Sparx."
    if not isinstance(value, str) or len(value) > MAX_VALUE or not _VALUE.fullmatch(value):
        return f"Must be a text of 1 to {MAX_VALUE} printable ASCII characters."
    return None


@json_schema.register
def _(field: Headers) -> JsonSchema:
    value = {"type": "string", "minLength": 1, "maxLength": MAX_VALUE, "pattern": f"^{VALUE_FORM}$"}
    return {
        "type": "object",
        "propertyNames": {"maxLength": MAX_NAME, "pattern": f"^{NAME_FORM}$"},
        "additionalProperties": value,
        "maxProperties": MAX_HEADERS,
        "description": "Headers that are added. Their values are never shown: `***` stands for"
        " each, and leaves what is there if it is sent.",
    }
