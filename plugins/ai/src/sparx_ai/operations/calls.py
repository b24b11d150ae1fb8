"""Reading what agents did. Nothing else can be done with it."""

from __future__ import annotations

from sparx_ai.models import Call
from sparx_ai.schemas import CallSchema
from sparx_core import Resource


class Calls(Resource):
    """Not a record of itself."""

    audited, counted = False, False


calls = Calls(
    "audit",
    Call,
    CallSchema,
    filters=("keyId", "tool", "operation", "risk", "outcome", "errorCode", "createdAt"),
    scanned=("keyId", "tool", "operation", "risk", "outcome", "errorCode", "createdAt"),
    bulk=False,
)
