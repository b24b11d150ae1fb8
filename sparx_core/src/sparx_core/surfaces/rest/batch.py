"""``POST <resource>/batch``: many writes in one request, each with its own answer."""

from __future__ import annotations

from sparx_core.bulk.errors import told
from sparx_core.bulk.items import Outcome, moved
from sparx_core.bulk.run import Run, read_all
from sparx_core.context import Context
from sparx_core.db.models import TenantModel
from sparx_core.errors import ApiError, BadRequest, BatchFailed
from sparx_core.json import Limits, encode
from sparx_core.read.selection import MAX_RELATED_ROWS, related_rows
from sparx_core.resources import Resource, Values
from sparx_core.surfaces.calls import Call, Carried
from sparx_core.surfaces.rest.query import Chosen
from sparx_core.transaction import Answer

#: Its bytes are limited by a setting; this keeps what they hold below about 100 MB of memory.
BATCH_LIMITS = Limits(values=200_000)


def carry_batch(call: Call, chosen: Chosen | None, context: Context) -> Carried:
    """Carry the entries out; ``BatchFailed`` if it is atomic and one was refused."""
    call.precondition(None)
    resource = call.operation.resource
    assert resource is not None
    assert chosen is not None
    values, _ = call.values()
    _check_related(context, resource, chosen, len(values["items"]))
    shown = Answer(resource, TenantModel(), chosen.selection, chosen.locales)
    run = Run(context, resource, shown)
    items, outcomes = read_all(run.reader, values["items"], _placed)
    for index, outcome in run.carry_out(items).items():
        if outcome.error is not None:
            _placed(_of_data(outcome.error), index)
        outcomes[index] = outcome
    ordered = [outcomes[index] for index in sorted(outcomes)]
    failures = [one for one in ordered if one.error is not None]
    if failures and values.get("atomic"):
        raise BatchFailed([_failure(one) for one in failures])
    meta = {"succeeded": len(ordered) - len(failures), "failed": len(failures)}
    return Carried(b"[" + b",".join(map(_shown, ordered)) + b"]", encode(meta))


def _check_related(context: Context, resource: Resource, chosen: Chosen, rows: int) -> None:
    views = context.views
    view = views.resource(resource.key)
    if related_rows(chosen.selection, view, views, rows) > MAX_RELATED_ROWS:
        raise BadRequest(
            f"The answers could show more than {MAX_RELATED_ROWS:,} related rows: include less.",
            details={"parameter": "include"},
        )


def _placed(error: ApiError, index: int) -> ApiError:
    """Pointers are those of the request's body."""
    return moved(error, f"/items/{index}")


def _of_data(error: ApiError) -> ApiError:
    return moved(error, "/data")


def _shown(outcome: Outcome) -> bytes:
    if outcome.error is not None:
        return encode(_failure(outcome))
    head = encode({"index": outcome.index, "status": outcome.status, "id": outcome.id})
    return head[:-1] + b',"data":' + outcome.text.encode() + b"}"


def _failure(outcome: Outcome) -> Values:
    assert outcome.error is not None
    return {"index": outcome.index, "status": outcome.status, "error": told(outcome.error)}
