"""Undoing: rows are again as they were, but for those that somebody changed since."""

from __future__ import annotations

from typing import Any

from sparx_core.tenants import NewTenant
from sparx_core.testing import Owner

from .conftest import NDJSON, PATH, Bulk

HOSTILE = '{"n": 12345678901234567890.123456789, "e": 1e2, "text": "\\u00e9 \\" ;"}'


def rows_of(owner: Owner, tenant: NewTenant, *without: str) -> list[Any]:
    return owner.rows(
        "SELECT to_jsonb(t) - %s::text[] FROM probe.probes t WHERE tenant_id = %s ORDER BY id",
        list(without),
        tenant.tenant_id,
    )


def test_changed_rows_get_every_value_back(
    bulk: Bulk, other_bulk: Bulk, owner: Owner, tenant: NewTenant
) -> None:
    for one in (bulk, other_bulk):
        one.batch({"op": "create", "data": {"name": "a", "code": "A"}},
                  {"op": "create", "data": {"name": "b", "code": "B"}},
                  {"op": "create", "data": {"name": "same", "code": "S"}})  # fmt: skip
    content = "UPDATE probe.probes SET content = %s::jsonb WHERE tenant_id = %s AND code = 'A'"
    owner.execute(content, HOSTILE, tenant.tenant_id)
    before = rows_of(owner, tenant, "version", "updated_at")
    versions = [row["version"] for (row,) in rows_of(owner, tenant)]
    body = (
        b'{"code":"A","name":"a2","content":{"x":1}}\n{"code":"B","name":"b2"}\n'
        b'{"code":"S","name":"same"}\n{"code":"C","name":"new"}\n{"code":"A","name":"a3"}\n'
    )
    job = bulk.imported(body, "mode=upsert&by=code", NDJSON)
    assert (job["rowsSucceeded"], job["rowsFailed"]) == (5, 0)
    undoing = bulk.undone(job)
    assert (undoing["rowsProcessed"], undoing["rowsFailed"]) == (3, 0), "a row once, however often"
    assert rows_of(owner, tenant, "version", "updated_at") == before
    after = [row["version"] for (row,) in rows_of(owner, tenant)]
    assert after == [versions[0] + 3, versions[1] + 2, versions[2]], "versions go on"
    kinds = owner.rows(
        "SELECT type FROM core.events WHERE tenant_id = %s AND type LIKE 'probe.%%'"
        " ORDER BY position DESC LIMIT 3",
        tenant.tenant_id,
    )
    assert sorted(kind for (kind,) in kinds) == ["probe.deleted", "probe.updated", "probe.updated"]
    assert other_bulk.api.get(PATH).meta["total"] == 3


def test_rows_that_changed_since_are_left(bulk: Bulk, owner: Owner, tenant: NewTenant) -> None:
    bulk.batch(*({"op": "create", "data": {"name": one, "code": one}} for one in "abcd"))
    job = bulk.imported(b"code,name\na,a2\nb,b2\nc,c2\nd,d2\ne,e2\nf,f2\n", "mode=upsert&by=code")
    assert job["rowsSucceeded"] == 6
    found = {one["code"]: one["id"] for one in bulk.api.get(PATH).data}
    bulk.api.patch(f"{PATH}/{found['a']}", {"name": "mine"})
    bulk.api.delete(f"{PATH}/{found['b']}")
    bulk.api.patch(f"{PATH}/{found['e']}", {"name": "mine"})
    bulk.api.delete(f"{PATH}/{found['f']}")
    bulk.api.post(PATH, {"name": "refers", "parentId": found["e"]})
    undoing = bulk.undone(job)
    left = bulk.api.get(f"/v1/jobs/{undoing['id']}/errors").data
    assert {(one["rowId"], one["message"]) for one in left} == {
        (found["a"], "The row was changed since."),
        (found["b"], "The row was deleted since."),
        (found["e"], "The row was changed since."),
    }
    names = {row["code"]: row["name"] for (row,) in rows_of(owner, tenant) if row["code"]}
    assert names == {"a": "mine", "c": "c", "d": "d", "e": "mine"}


def test_a_value_that_somebody_took_since_is_in_the_way(bulk: Bulk) -> None:
    bulk.batch(*({"op": "create", "data": {"name": one, "code": one}} for one in "ab"))
    found = [(one["id"], one["code"]) for one in bulk.api.get(PATH).data]
    body = "id,code\n" + "".join(f"{one},{code}2\n" for one, code in found)
    job = bulk.imported(body.encode(), "mode=update")
    bulk.batch({"op": "create", "data": {"name": "thief", "code": "a"}})
    undoing = bulk.undone(job)
    (left,) = bulk.api.get(f"/v1/jobs/{undoing['id']}/errors").data
    assert (left["code"], left["message"]) == ("conflict", "Another one has the same code.")
    assert sorted(one["code"] for one in bulk.api.get(PATH).data) == ["a", "a2", "b"]


def test_what_cannot_be_undone(bulk: Bulk) -> None:
    def refused(job: Any) -> str:
        answer = bulk.api.post(f"/v1/jobs/{job['id']}/undo")
        assert (answer.status, answer.error["code"]) == (409, "invalid_transition")
        return str(answer.error["message"])

    trial = bulk.imported(b"name\na\n", "dryRun=true")
    assert (trial["rowsSucceeded"], bulk.api.get(PATH).data) == (1, [])
    refused(trial)
    waiting = bulk.send(b"name\na\n").data
    assert refused(waiting) == "The job is queued."
    job = bulk.finished(waiting)
    undoing = bulk.api.post(f"/v1/jobs/{job['id']}/undo").data
    assert refused(job) == "The job is being undone."
    refused(bulk.finished(undoing))
    assert refused(job) == "The job is undone."
    assert bulk.api.get(f"/v1/jobs/{job['id']}").data["state"] == "undone"
