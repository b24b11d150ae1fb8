"""Schemas: the wire form of a resource, read by PostgreSQL and written through marshmallow.

A :class:`ResourceSchema` is the single source for both directions. Loading validates a body
and refuses what it does not know; reading never passes through Python objects: each field
knows the SQL expression whose JSON is its wire form (:mod:`sparx_core.read.wire`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields

from sparx_core.errors import ValidationFailed
from sparx_core.fields import Id, Related, WholeNumber
from sparx_core.pointers import Path

_CAMEL = re.compile(r"_([a-z0-9])")


def camel(name: str) -> str:
    """``order_number`` as it is on the wire: ``orderNumber``."""
    return _CAMEL.sub(lambda match: match.group(1).upper(), name)


class ObjectSchema(Schema):
    """Base of bodies and of the rows of a ``Many``: camelCase, unknown fields refused."""

    #: Fields, as in Python, whose values the audit log leaves out; so do those that say so
    #: themselves, ``metadata={"sensitive": True}``.
    sensitive: ClassVar[tuple[str, ...]] = ()

    class Meta:
        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        if field_obj.data_key is None:
            suffix = "_id" if isinstance(field_obj, Related) else ""
            field_obj.data_key = camel(field_name + suffix)

    def handle_error(self, error: ValidationError, data: Any, **kwargs: Any) -> None:
        """Say of a computed field that it is computed, rather than that it is unknown."""
        computed = {field.data_key for field in self.dump_fields.values() if field.dump_only}
        if isinstance(error.messages, dict):
            for name in computed & error.messages.keys():
                error.messages[name] = ["Computed by the server; leave it out."]


class ResourceSchema(ObjectSchema):
    """Base of a resource's wire form: it has an id, given by the server, and a version, which goes
    up by one with each change.

    A field whose ``metadata`` says ``on_request`` is shown only where ``fields`` names it; one that
    is ``detail``, a relation as well, where a single row is looked at: by a get, by what updates
    and actions answer, by events that tell in detail; and not by lists or a create. A ``Related``
    that is ``included`` shows its row there.

    Fields that clients may send make the body of create (all that are required) and of update
    (any of them; absent means unchanged); ``dump_only`` ones are computed.
    """

    id = Id(dump_only=True)
    version = WholeNumber(1, dump_only=True)


def load(schema: Schema, body: Any, *, partial: bool = False) -> dict[str, Any]:
    """The validated values of a body, or every problem in it as ``ValidationFailed``."""
    if not isinstance(body, Mapping):
        raise ValidationFailed([("", "Must be a JSON object.")])
    try:
        values: dict[str, Any] = schema.load(body, partial=partial)
    except ValidationError as error:
        raise ValidationFailed(_problems(error.messages, ())) from None
    return values


def _problems(messages: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(messages, dict):
        for name, nested in messages.items():
            yield from _problems(nested, path if name == "_schema" else (*path, name))
        return
    for message in messages if isinstance(messages, list) else [messages]:
        yield path, str(message)
