"""Imports: what of a file is written, what is refused, and who may."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from .conftest import CSV, NDJSON, PATH, Bulk

Nothing = Callable[[], AbstractContextManager[None]]


def names(api: Api) -> list[str]:
    return [one["name"] for one in reversed(api.get(f"{PATH}?take=250").data)]


def test_rows_are_written_by_the_operation_as_the_key_that_started(
    bulk: Bulk, other_bulk: Bulk, owner: Owner, tenant: NewTenant
) -> None:
    me = bulk.api.get("/v1/me").data["actor"]["id"]
    answer = bulk.send(b"name,code\r\nAnn,a\r\n,b\r\n")
    job = answer.data
    assert (answer.status, job["state"], job["kind"]) == (202, "queued", "import")
    assert answer.headers["Location"] == f"/v1/jobs/{job['id']}"
    assert job["options"] == {"mode": "create", "delimiter": ",", "mapping": {}}
    job = bulk.finished(job)
    assert (job["state"], job["rowsSucceeded"], job["rowsFailed"]) == ("succeeded", 1, 1)
    assert job["startedAt"] <= job["finishedAt"]
    assert bulk.errors(job) == [(3, "name", "validation_error")]
    told = owner.rows(
        "SELECT actor, depth FROM core.events WHERE tenant_id = %s AND type = 'probe.created'",
        tenant.tenant_id,
    )
    assert told == [(f"key:{me}", 1)]
    # The file is not kept; the row that was refused is, to be put right and sent again.
    pieces = "SELECT count(*) FROM core.job_chunks WHERE tenant_id = %s"
    assert owner.value(pieces, tenant.tenant_id) == 0
    rejected = bulk.api.get(f"/v1/jobs/{job['id']}/file")
    assert rejected.body == b"name,code\r\n,b\r\n"
    assert rejected.headers["Content-Disposition"] == (
        'attachment; filename="probe-probes-rejected.csv"'
    )
    for path in ("", "/errors", "/file"):
        assert other_bulk.api.get(f"/v1/jobs/{job['id']}{path}").status == 404
    for verb in ("cancel", "undo"):
        assert other_bulk.api.post(f"/v1/jobs/{job['id']}/{verb}").status == 404
    assert other_bulk.api.get("/v1/jobs").data == []
    assert [one["id"] for one in bulk.api.get("/v1/jobs?kind=import").data] == [job["id"]]


def test_lines_of_json_with_rows_inside_rows(bulk: Bulk) -> None:
    body = b'{"name":"a","notes":[{"text":"x"},{"text":"y"}]}\n{"name":"b","notes":[{}]}\n7\n{\n'
    job = bulk.imported(body, media=NDJSON)
    assert job["rowsSucceeded"] == 1
    assert bulk.errors(job) == [
        (2, "notes[0].text", "validation_error"),
        (3, "", "validation_error"),
        (4, "", "bad_request"),
    ]
    (row,) = bulk.api.get(PATH).data
    assert row["notes"] == [{"text": "x"}, {"text": "y"}]
    assert bulk.api.get(f"/v1/jobs/{job['id']}/file").body == b"".join(
        body.splitlines(keepends=True)[1:]
    )


def test_update_finds_rows_by_id_or_by_a_unique_field(bulk: Bulk, other_bulk: Bulk) -> None:
    bulk.imported(b"name,code\na,A\nb,B\n")
    theirs = other_bulk.batch({"op": "create", "data": {"name": "x", "code": "X"}}).data[0]["id"]
    first, second = (one["id"] for one in reversed(bulk.api.get(PATH).data))
    by_id = f"id,name,version\n{first},a2,1\n{second},b2,7\n{theirs},x2,1\nnone,x,1\n".encode()
    job = bulk.imported(by_id, "mode=update")
    assert bulk.errors(job) == [
        *((3, "", "version_conflict"), (4, "", "not_found"), (5, "", "not_found")),
    ]
    job = bulk.imported(b"code;name\nB;b3\nX;x3\n;none\n", "mode=update&by=code&delimiter=;")
    assert bulk.errors(job) == [(3, "", "not_found"), (4, "code", "validation_error")]
    assert names(bulk.api) == ["a2", "b3"]
    assert names(other_bulk.api) == ["x"]


def test_upsert_makes_what_is_not_there(bulk: Bulk) -> None:
    bulk.imported(b"name,code\na,A\n")
    job = bulk.imported(b"name,code\na2,A\nb,B\nb2,B\n", "mode=upsert&by=code")
    assert (job["rowsSucceeded"], job["rowsFailed"]) == (3, 0)
    assert names(bulk.api) == ["a2", "b2"]


def test_an_empty_cell_leaves_a_value_and_one_cell_empties_it(bulk: Bulk) -> None:
    bulk.imported(b"name,code,content.a\na,A,1\nb,B,\n")
    job = bulk.imported(b"id,code\n%s,\\N\n%s,\n" % tuple(
        one["id"].encode() for one in bulk.api.get(PATH).data
    ), "mode=update")  # fmt: skip
    assert job["rowsSucceeded"] == 2
    found = [(one["code"], one["content"]) for one in reversed(bulk.api.get(PATH).data)]
    assert found == [("A", {"a": "1"}), (None, {})]


@pytest.mark.parametrize(
    ("body", "query", "message"),
    [
        (b"name,nme\na,b\n", "", "validation_error"),
        (b"name,name\na,b\n", "", "validation_error"),
        (b"Name\na\n", "", "validation_error"),
        (b"Name\na\n", "mapping[Nom]=name", "validation_error"),
        (b"\n", "", "bad_request"),
        (b'"name\n', "", "bad_request"),
        (b"\xff\xfen\x00a\x00", "", "bad_request"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_one_error(
    bulk: Bulk, body: bytes, query: str, message: str
) -> None:
    job = bulk.imported(body, query)
    assert (job["state"], job["error"]["code"]) == ("failed", message), job
    assert job["rowsProcessed"] == 0
    assert bulk.api.get(PATH).data == []


@pytest.mark.parametrize(
    ("query", "media", "body", "status"),
    [
        ("mode=replace", CSV, b"name\n", 400),
        ("mode=create&by=code", CSV, b"name\n", 400),
        ("mode=upsert", CSV, b"name\n", 400),
        ("mode=upsert&by=id", CSV, b"name\n", 400),
        ("mode=update&by=name", CSV, b"name\n", 400),
        ("delimiter=%20", CSV, b"name\n", 400),
        ("dryRun=yes", CSV, b"name\n", 400),
        ("dryRun=true&dryRun=true", CSV, b"name\n", 400),
        ("unknown=1", CSV, b"name\n", 400),
        ("mapping[]=name", CSV, b"name\n", 400),
        ("", "application/json", b"{}", 415),
        ("", "text/csv; charset=latin-1", b"name\n", 415),
        ("", "", b"name\n", 415),
        ("", CSV, b"", 400),
        ("mode=update&mapping[x]=a%00", CSV, b"name\n", 400),
    ],
)
def test_what_is_no_import_leaves_nothing(
    bulk: Bulk, nothing_written: Nothing, query: str, media: str, body: bytes, status: int
) -> None:
    with nothing_written():
        answer = bulk.send(body, query, media)
    assert answer.status == status, answer.text


def test_a_file_may_be_larger_than_other_bodies_and_not_than_its_limit(
    bulk: Bulk, installation: Runtime, nothing_written: Nothing, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from sparx_core.app import create_app

    row = b'"' + b"x" * 3_000 + b'"\n'
    job = bulk.imported(b"name\n" + row * 500)
    assert (job["bytesTotal"], job["rowsFailed"]) == (5 + 500 * len(row), 500)
    settings = replace(installation.settings, max_import_bytes=2_000)
    small = Bulk(
        Api(create_app(replace(installation, settings=settings)), bulk.api.key), bulk.run_events
    )
    with nothing_written():
        answer = small.send(b"name\n" + row)
        assert (answer.status, answer.error["code"]) == (413, "payload_too_large")
        answer = small.send(b"name\n" + row, **{"Transfer-Encoding": "chunked"})
        assert answer.status in (400, 413)


def test_an_import_is_repeated_by_its_idempotency_key(bulk: Bulk, owner: Owner) -> None:
    key = {"Idempotency-Key": "import-1"}
    first = bulk.send(b"name\na\n", **key)
    again = bulk.send(b"name\na\n", **key)
    assert (first.status, first.body, first.headers["Location"]) == (
        *(again.status, again.body, again.headers["Location"]),
    )
    assert again.headers["Idempotent-Replayed"] == "true"
    other = bulk.send(b"name\nb\n", **key)
    assert (other.status, other.error["code"]) == (422, "idempotency_key_reused")
    bulk.finished(first.data)
    assert names(bulk.api) == ["a"]
    assert bulk.api.get("/v1/jobs").meta["total"] == 1


def test_a_cancelled_import_stops_and_can_be_undone(
    bulk: Bulk, owner: Owner, tenant: NewTenant, run_events: DeliveryRun
) -> None:
    job = bulk.send(b"name\n" + b"a\n" * 1_200).data
    bulk.step()
    running = bulk.api.get(f"/v1/jobs/{job['id']}").data
    assert (running["state"], running["rowsProcessed"]) == ("running", 500)
    cancelled = bulk.api.post(f"/v1/jobs/{job['id']}/cancel")
    assert (cancelled.status, cancelled.data["state"]) == (200, "cancelled")
    run_events.finish_modules()
    assert owner.count("probe.probes", tenant.tenant_id) == 500
    again = bulk.api.post(f"/v1/jobs/{job['id']}/cancel")
    assert (again.status, again.error["code"]) == (409, "invalid_transition")
    assert bulk.undone(job)["rowsSucceeded"] == 500
    assert owner.count("probe.probes", tenant.tenant_id) == 0


def test_a_module_that_is_switched_off_ends_its_jobs(
    bulk: Bulk, owner: Owner, tenant: NewTenant
) -> None:
    job = bulk.send(b"name\na\n").data
    for module in ("addon", "probe"):
        assert bulk.api.post(f"/v1/modules/{module}/deactivate").status == 200
    job = bulk.finished(job)
    assert (job["state"], job["error"]["code"]) == ("failed", "module_disabled")
    assert owner.count("probe.probes", tenant.tenant_id) == 0
    for path in ("errors", "file"):
        answer = bulk.api.get(f"/v1/jobs/{job['id']}/{path}")
        assert (answer.status, answer.error["code"]) == (403, "module_disabled")


def test_a_key_of_the_module_may_look_at_its_jobs(bulk: Bulk, api: Api) -> None:
    def with_scopes(*scopes: str) -> Api:
        made = api.post("/v1/keys", {"name": "k", "scopes": list(scopes)}).data
        return api.with_key(made["key"])

    job = bulk.imported(b"name\na\n,\n")
    path = f"/v1/jobs/{job['id']}"
    allowed: list[tuple[Api, dict[str, int]]] = [
        (with_scopes("write:probe"), {"": 200, "/errors": 403, "/file": 403}),
        (with_scopes("read:probe"), {"": 200, "/errors": 200, "/file": 200}),
        (with_scopes("read:core"), {"": 200, "/errors": 403, "/file": 403}),
        (with_scopes("read:addon"), {"": 403, "/errors": 403, "/file": 403}),
    ]
    for client, expected in allowed:
        assert {part: client.get(path + part).status for part in expected} == expected
    for client in (with_scopes("read:probe"), with_scopes("write:addon")):
        for verb in ("cancel", "undo"):
            answer = client.post(f"{path}/{verb}")
            assert (answer.status, answer.error["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize(
    "query", ["take=0", "take=x", "cursor=x", "cursor=1", "cursor=-1-2", "q=1"]
)
def test_errors_are_asked_for_by_page_alone(bulk: Bulk, query: str) -> None:
    job = bulk.imported(b"name\na\n")
    answer = bulk.api.get(f"/v1/jobs/{job['id']}/errors", query=query)
    assert (answer.status, answer.error["code"]) == (400, "bad_request")


def test_errors_come_page_by_page(bulk: Bulk) -> None:
    job = bulk.imported(b"name,code\n" + b",x\n" * 30)
    found: list[Any] = []
    cursor: Any = ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        answer = bulk.api.get(f"/v1/jobs/{job['id']}/errors", query=f"take=7{more}")
        found += answer.data
        cursor = answer.meta["next_cursor"]
    assert [one["line"] for one in found] == list(range(2, 32))


def test_jobs_that_are_over_are_forgotten(
    bulk: Bulk, other_bulk: Bulk, owner: Owner, installation: Runtime, tenant: NewTenant
) -> None:
    from sparx_core.db.connection import Database
    from sparx_core.events.retention import Retention, kept

    job = bulk.imported(b"name\na\n,\n")
    bulk.exported()
    theirs = other_bulk.imported(b"name\na\n")
    owner.execute(
        "UPDATE core.jobs SET finished_at = finished_at - interval '8 days' WHERE tenant_id = %s",
        tenant.tenant_id,
    )
    dispatch = Database(installation.urls.dispatch)
    retention = Retention(dispatch, [])
    for one in kept(installation.settings):
        if one.name.startswith("job"):
            retention.delete(one)
    dispatch.close()
    for table in ("jobs", "job_chunks", "job_errors", "job_rows"):
        assert owner.count(f"core.{table}", tenant.tenant_id) == 0, table
    assert bulk.api.get(f"/v1/jobs/{job['id']}").status == 404
    assert names(bulk.api) == ["a"]
    assert other_bulk.api.get(f"/v1/jobs/{theirs['id']}").status == 200
