"""Exports: the list, all of it, as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparx_core.testing import DeliveryRun, Owner

from .conftest import NDJSON, PATH, Bulk

Nothing = Callable[[], AbstractContextManager[None]]
#: What begins as a formula does, or as what stands for something else, in names and codes.
texts = (
    st.builds(
        "".join,
        st.lists(st.sampled_from([*"=+-@'\"\\N;,[\uff1d\uff20a\n", "\r\n", "''="]), min_size=1),
    )
    .map(str.strip)
    .filter(bool)
)


def create(name: str, **more: object) -> dict[str, object]:
    return {"op": "create", "data": {"name": name, **more}}


def test_a_file_is_the_list_oldest_first(bulk: Bulk, other_bulk: Bulk) -> None:
    bulk.batch(*(create(f"n {number}", code=f"{number:04}") for number in range(1_000)))
    bulk.batch(*(create(f"n {number}", code=f"{number:04}") for number in range(1_000, 1_100)))
    other_bulk.batch(create("theirs"))
    lines = bulk.exported("format=ndjson").splitlines()
    listed = bulk.api.get(f"{PATH}?take=250&skip=850").text
    assert [json.loads(line) for line in lines[:250]] == json.loads(listed)["data"][::-1]
    assert len(lines) == 1_100
    table = list(csv.reader(io.StringIO(bulk.exported("fields=code,number").decode())))
    assert table[0] == ["number", "code"], "in the order of the API"
    assert table[1:] == [[str(number + 1), f"{number:04}"] for number in range(1_100)]
    some = bulk.exported("fields=code&code[startsWith]=001&q=n").decode().split()
    assert some == ["code", *(f"{number:04}" for number in range(10, 20))]
    assert bulk.exported("fields=code&code=none") == b"code\r\n"
    assert bulk.exported("format=ndjson&code=none") == b""


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(texts, min_size=1, max_size=20, unique=True))
def test_hostile_cells_are_there_and_back(bulk: Bulk, other_bulk: Bulk, values: list[str]) -> None:
    for one in (bulk, other_bulk):
        found = [{"op": "delete", "id": row["id"]} for row in one.api.get(f"{PATH}?take=250").data]
        assert not found or one.batch(*found).meta["failed"] == 0
    entries = [create(value[:40].strip() or "x", code=value) for value in values]
    assert bulk.batch(*entries).meta["failed"] == 0
    table = bulk.exported("fields=name,code,content,notes")
    for row in csv.reader(io.StringIO(table.decode(), newline="")):
        assert not any(cell.startswith(tuple("=+-@\t\r\n\uff1d\uff20")) for cell in row)
    job = other_bulk.imported(table)
    assert (job["rowsSucceeded"], job["rowsFailed"]) == (len(values), 0)
    assert other_bulk.exported("fields=name,code,content,notes") == table
    shown = [
        [(row["name"], row["code"]) for row in one.api.get(f"{PATH}?take=250").data]
        for one in (bulk, other_bulk)
    ]
    assert shown[0] == shown[1]


def test_rows_that_come_after_the_job_are_not_in_it(bulk: Bulk) -> None:
    bulk.batch(*(create(str(number)) for number in range(600)))
    job = bulk.api.post(f"{PATH}/export").data
    bulk.step()
    bulk.batch(create("late"))
    job = bulk.finished(job)
    assert job["rowsSucceeded"] == 600
    answer = bulk.api.get(f"/v1/jobs/{job['id']}/file")
    assert b"late" not in answer.body
    assert int(answer.headers["Content-Length"]) == len(answer.body) == job["bytesTotal"]
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_what_is_no_export_is_refused(bulk: Bulk, nothing_written: Nothing) -> None:
    with nothing_written():
        for query in ("format=xls", "take=5", "skip=1", "sort=name", "cursor=x", "nme=x",
                      "fields=nme", "code[near]=1", "format=csv&format=csv"):  # fmt: skip
            answer = bulk.api.request("POST", f"{PATH}/export", query=query)
            assert (answer.status, answer.error["code"]) == (400, "bad_request"), query
        assert bulk.api.post(f"{PATH}/export", {"format": "csv"}).status == 422


def test_a_file_that_is_not_done_is_not_there(bulk: Bulk, run_events: DeliveryRun) -> None:
    job = bulk.api.post(f"{PATH}/export").data
    answer = bulk.api.get(f"/v1/jobs/{job['id']}/file")
    assert (answer.status, answer.error["code"]) == (409, "invalid_transition")
    run_events.finish_modules()
    assert bulk.api.get(f"/v1/jobs/{job['id']}/file?format=csv").status == 400
    assert bulk.api.get(f"/v1/jobs/{job['id']}/errors").data == []
    for missing in ("x", "01a214e1-05ce-7a18-a8fd-ad9f0f8e55cd"):
        assert bulk.api.get(f"/v1/jobs/{missing}/file").status == 404


def test_keys_need_the_scope_to_read(bulk: Bulk, nothing_written: Nothing) -> None:
    made = bulk.api.post("/v1/keys", {"name": "k", "scopes": ["write:probe"]}).data
    writer = bulk.api.with_key(made["key"])
    with nothing_written():
        answer = writer.post(f"{PATH}/export")
        assert (answer.status, answer.error["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("error", [RuntimeError("a defect with secrets")])
def test_a_defect_fails_the_job_and_tells_nothing(
    bulk: Bulk, owner: Owner, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    from sparx_core.jobs import handlers

    def broken(ctx: object, job: object) -> None:
        raise error

    monkeypatch.setitem(handlers.STEPS, "export", broken)  # type: ignore[arg-type]
    job = bulk.finished(bulk.api.post(f"{PATH}/export").data)
    assert (job["state"], job["error"]["code"]) == ("failed", "internal_error")
    assert "secrets" not in bulk.api.get(f"/v1/jobs/{job['id']}").text
    assert bulk.imported(b'{"name":"a"}', media=NDJSON)["state"] == "succeeded"
