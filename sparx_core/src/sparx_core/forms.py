"""Forms: what a client may send for an operation, and the version of the row that it saw."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sparx_core.deprecation.uses import note_sent
from sparx_core.fields import WholeNumber
from sparx_core.read.view import schema_instance
from sparx_core.resources import Kind, Operation, Values
from sparx_core.schemas import ObjectSchema, load

#: Kinds of operations that change a row which the client has seen.
_OF_ROWS = frozenset({Kind.UPDATE, Kind.ACTION})


@dataclass(frozen=True)
class Form:
    """The values of an operation. ``versioned``: its ``version`` is that of the row, and goes
    into no column; ``optional``: a request without a body is one without values.
    """

    schema: ObjectSchema
    versioned: bool
    optional: bool
    partial: bool

    @classmethod
    def of(cls, operation: Operation) -> Form:
        """The form of an operation; that of one without values takes an empty object."""
        return cls(
            schema_instance(body_schema(operation) or ObjectSchema),
            is_versioned(operation),
            operation.body is None or operation.kind in (Kind.ACTION, Kind.CALL),
            operation.partial,
        )

    def load(self, value: Any) -> tuple[Values, int | None]:
        """The validated values, and the version that the client expects the row to have.

        Every problem is listed in one ``ValidationFailed``.
        """
        note_sent(self.schema, value)
        values = load(self.schema, value, partial=self.partial)
        return values, values.pop("version", None) if self.versioned else None


def body_schema(operation: Operation) -> type[ObjectSchema] | None:
    """What an operation is sent, the version included; None if it takes nothing."""
    if not is_versioned(operation):
        return operation.body
    return _versioned_schema(operation.body or ObjectSchema)


def is_versioned(operation: Operation) -> bool:
    """Whether ``version`` in the body is that of the row which the operation changes."""
    if operation.kind not in _OF_ROWS or operation.public:
        return False
    # A body that has a version of its own means something else by it.
    declared = schema_instance(operation.body or ObjectSchema).fields.get("version")
    return declared is None or declared.dump_only


@cache
def _versioned_schema(body: type[ObjectSchema]) -> type[ObjectSchema]:
    """A body that may say which version of the row it is about."""
    told = {"description": "The version that was read: `version_conflict` if it is another by now."}
    return type(body.__name__, (body,), {
        "__doc__": body.__doc__, "version": WholeNumber(1, metadata=told)
    })  # fmt: skip
