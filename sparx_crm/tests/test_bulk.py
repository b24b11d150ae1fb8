"""Many customers and orders at once: a file with every kind of bad row, there and back."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner, StatementLog

#: Rows of the file, for three steps of a job and every kind of bad row: more by hand,
#: SPARX_TEST_ROWS=100000.
ROWS = int(os.environ.get("SPARX_TEST_ROWS", "1100"))
CUSTOMERS, ORDERS = "/v1/crm/customers", "/v1/crm/orders"
HEADER = ("name", "email", "phone", "type", "tags", "addresses", "notes")
ADDRESS = json.dumps([{"line1": "1 Harbour Road", "city": "Oakland", "country": "US"}])
#: How every hundredth row is wrong: its cells, and the field and code that it is told by.
KINDS: list[tuple[Callable[[int], list[str]], str, str]] = [
    (lambda n: ["", f"a{n}@x.example", "", "", "", "", ""], "name", "validation_error"),
    (lambda n: ["A", f"a{n} at x.example", "", "", "", "", ""], "email", "validation_error"),
    (lambda n: ["A", "Row1@x.example", "", "", "", "", ""], "email", "duplicate"),
    (lambda n: ["A", "there@x.example", "", "", "", "", ""], "email", "duplicate"),
    (lambda n: ["A", f"a{n}@x.example", "123", "", "", "", ""], "phone", "validation_error"),
    (lambda n: ["A", f"a{n}@x.example", "", "whale", "", "", ""], "type", "validation_error"),
    (lambda n: ["A", f"a{n}@x.example", "", "", "a;b c", "", ""], "tags[1]", "validation_error"),
    (lambda n: ["A", f"a{n}@x.example", "", "", "", '[{"city"', ""], "addresses",
     "validation_error"),
    (lambda n: ["A", f"a{n}@x.example"], "", "bad_request"),
    (lambda n: ['A "quote" that never ends'], "", "bad_request"),
]  # fmt: skip


def good_row(number: int) -> list[str]:
    name = f"Customer\n{number}" if number % 7 == 0 else f"=Customer, {number}"
    return [
        name if number % 7 == 0 else f"'{name}",
        f"row{number}@x.example",
        "'+14155552671" if number % 3 == 0 else "",
        "b2b" if number % 2 else "",
        "workshop;fleet" if number % 5 == 0 else "",
        ADDRESS if number % 11 == 0 else "",
        "-4 degrees" if number % 13 == 0 else "",
    ]


def written(cells: list[str], number: int) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    if cells[0].startswith('A "'):
        return f'"{cells[0]}\r\n'
    return text.getvalue()


def file_of(rows: int) -> tuple[bytes, list[tuple[int, str, str]]]:
    """The file, and what is wrong with it: (line, field, code)."""
    parts, wrong = [",".join(HEADER) + "\r\n"], []
    line = 2
    for number in range(1, rows + 1):
        bad = number % 100 == 50
        if bad:
            cells, field, code = KINDS[(number // 100) % len(KINDS)]
            part = written(cells(number), number)
            wrong.append((line, field, code))
        else:
            part = written(good_row(number), number)
        parts.append(part)
        line += part.count("\n")
    return "".join(parts).encode(), wrong


def send(api: Api, path: str, body: bytes, media: str = "text/csv") -> Any:
    answer = api.request("POST", path, body=body, headers={"Content-Type": media})
    assert answer.status == 202, answer.text
    return answer.data


def finished(api: Api, run_events: DeliveryRun, job: Any) -> Any:
    """The job when it is over."""
    run_events.finish_modules()  # and all else that the core does
    return api.get(f"/v1/jobs/{job['id']}").data


def errors_of(api: Api, job: Any) -> Iterator[tuple[int, str, str]]:
    cursor = ""
    while cursor is not None:
        query = "take=250" + (f"&cursor={cursor}" if cursor else "")
        answer = api.get(f"/v1/jobs/{job['id']}/errors", query=query)
        for one in answer.data:
            yield one["line"], one["field"], one["code"]
        cursor = answer.meta["next_cursor"]


def exported(api: Api, run_events: DeliveryRun, path: str, query: str = "") -> bytes:
    answer = api.request("POST", f"{path}/export", query=query)
    assert answer.status == 202, answer.text
    job = finished(api, run_events, answer.data)
    assert job["state"] == "succeeded", job
    return api.get(f"/v1/jobs/{job['id']}/file").body


def test_bad_rows_are_told_exactly_and_undoing_leaves_the_table_as_it_was(
    api: Api, other_api: Api, owner: Owner, tenant: NewTenant, run_events: DeliveryRun
) -> None:
    for one in (api, other_api):
        made = one.post(CUSTOMERS, {"name": "There", "email": "there@x.example"})
        assert made.status == 201
    other_api.post(CUSTOMERS, {"name": "Another", "email": "row2@x.example"})
    run_events()
    before = owner.fingerprint([tenant.tenant_id], ["crm"])
    body, wrong = file_of(ROWS)
    assert len(wrong) == ROWS // 100

    trial = finished(api, run_events, send(api, f"{CUSTOMERS}/import?dryRun=true", body))
    counts = {"rowsProcessed": ROWS, "rowsSucceeded": ROWS - len(wrong), "rowsFailed": len(wrong)}
    assert {name: trial[name] for name in counts} == counts
    assert list(errors_of(api, trial)) == wrong
    assert owner.fingerprint([tenant.tenant_id], ["crm"]) == before, "a dry run wrote something"

    job = finished(api, run_events, send(api, f"{CUSTOMERS}/import", body))
    assert {name: job[name] for name in counts} == counts
    assert (job["state"], job["bytesProcessed"]) == ("succeeded", len(body))
    assert list(errors_of(api, job)) == wrong
    assert api.get(CUSTOMERS).meta["total"] == ROWS - len(wrong) + 1
    told = "SELECT count(*) FROM core.events WHERE tenant_id = %s AND type = 'customer.created'"
    assert owner.value(told, tenant.tenant_id) == ROWS - len(wrong) + 1
    assert other_api.get(CUSTOMERS).meta["total"] == 2

    answer = api.post(f"/v1/jobs/{job['id']}/undo")
    undoing = finished(api, run_events, answer.data)
    assert (undoing["state"], undoing["rowsSucceeded"]) == ("succeeded", ROWS - len(wrong))
    assert undoing["rowsFailed"] == 0
    assert api.get(f"/v1/jobs/{job['id']}").data["state"] == "undone"
    assert owner.fingerprint([tenant.tenant_id], ["crm"]) == before


def test_an_export_is_what_was_imported(api: Api, other_api: Api, run_events: DeliveryRun) -> None:
    body, _ = file_of(min(ROWS, 520))
    finished(api, run_events, send(api, f"{CUSTOMERS}/import", body))
    fields = f"fields={','.join(HEADER)},metadata,doNotContact,company"
    table = exported(api, run_events, CUSTOMERS, fields)
    again = finished(other_api, run_events, send(other_api, f"{CUSTOMERS}/import", table))
    assert (again["rowsFailed"], again["rowsSucceeded"]) == (0, api.get(CUSTOMERS).meta["total"])
    assert exported(other_api, run_events, CUSTOMERS, fields) == table
    lines = exported(api, run_events, CUSTOMERS, "format=ndjson").splitlines()
    shown = api.get(f"{CUSTOMERS}?sort=createdAt&take=250").text
    listed = json.loads(shown)["data"]
    assert [json.loads(line) for line in lines[:250]] == listed
    # All that is in it can be imported as it is: what the server computes is passed over.
    third = b"\n".join(line.replace(b"@x.example", b"@y.example") for line in lines)
    more = send(api, f"{CUSTOMERS}/import", third, "application/x-ndjson")
    assert finished(api, run_events, more)["rowsFailed"] == 0
    assert api.get(CUSTOMERS).meta["total"] == 2 * len(lines)


def test_orders_in_batches_and_from_files(
    api: Api,
    other_api: Api,
    run_events: DeliveryRun,
    query_count: Callable[[], AbstractContextManager[StatementLog]],
) -> None:
    customer = api.post(CUSTOMERS, {"name": "Ann"}).data["id"]
    theirs = other_api.post(CUSTOMERS, {"name": "Bob"}).data["id"]
    item = {"sku": "S", "name": "N", "quantity": 2, "unitPrice": 1}
    entry = {"op": "create", "data": {"customerId": customer, "items": [item, item]}}
    api.post(f"{ORDERS}/batch", {"items": [entry] * 2})
    with query_count() as log:
        answer = api.post(f"{ORDERS}/batch", {"items": [entry] * 250})
    assert answer.meta == {"succeeded": 250, "failed": 0}
    assert log.count <= 12, log.statements
    numbers = [int(one["data"]["orderNumber"]) for one in answer.data]
    assert numbers == list(range(1003, 1253)), "in the order of the entries, without gaps"
    assert {json.dumps(one["data"]["items"], default=str) for one in answer.data} == {
        json.dumps([{**item, "unitPrice": "1.00"}] * 2)
    }

    changed, kept = (one["data"] for one in answer.data[:2])
    refused = api.post(f"{ORDERS}/batch", {"items": [
        {"op": "update", "id": changed["id"], "data": {"customerNote": "Ring"}},
        {"op": "update", "id": kept["id"], "data": {"customerNote": "Ring", "total": 1}},
        {"op": "create", "data": {"customerId": theirs, "items": [item]}},
        {"op": "create", "data": {"customerId": customer, "items": [{**item, "quantity": 0}]}},
        entry,
    ]})  # fmt: skip
    assert [one["status"] for one in refused.data] == [200, 422, 422, 422, 201]
    pointers = [one["error"]["details"][0]["pointer"] for one in refused.data[1:4]]
    assert pointers == [
        *("/items/1/data/total", "/items/2/data/customerId"),
        "/items/3/data/items/0/quantity",
    ]
    assert refused.data[4]["data"]["orderNumber"] == "1253", "a refused row takes no number"
    rung = api.get(f"{ORDERS}/{changed['id']}").data
    assert (rung["customerNote"], rung["total"]) == ("Ring", 4)
    left = api.get(f"{ORDERS}/{kept['id']}").data
    assert (left["customerNote"], left["total"]) == (None, 4), (
        "what is refused changes nothing of its row"
    )

    lines = exported(api, run_events, ORDERS, "format=ndjson")
    job = finished(api, run_events, send(api, f"{ORDERS}/import", lines, "application/x-ndjson"))
    assert (job["rowsSucceeded"], job["rowsFailed"]) == (253, 0)
    rows = [
        {"id": changed["id"], "customerNote": "Knock", "total": 1, "items": []},
        {"id": kept["id"], "customerNote": "Knock", "price": 1},
    ]
    body = "\n".join(json.dumps(row) for row in rows).encode()
    updating = send(api, f"{ORDERS}/import?mode=update", body, "application/x-ndjson")
    assert finished(api, run_events, updating)["rowsSucceeded"] == 1
    assert list(errors_of(api, updating)) == [(2, "price", "validation_error")]
    now = api.get(f"{ORDERS}/{changed['id']}").data
    assert (now["customerNote"], now["total"], now["items"]) == ("Knock", 4, rung["items"])
    assert api.get(f"{ORDERS}/{kept['id']}").data == left
    undoing = finished(api, run_events, api.post(f"/v1/jobs/{job['id']}/undo").data)
    assert undoing["rowsSucceeded"] == 253
    assert api.get(ORDERS).meta["total"] == 253


@pytest.mark.parametrize("rows", [2])
def test_customers_with_orders_are_left_when_their_import_is_undone(
    api: Api, run_events: DeliveryRun, rows: int
) -> None:
    body = "name\r\n" + "Ann\r\n" * rows
    job = finished(api, run_events, send(api, f"{CUSTOMERS}/import", body.encode()))
    customer = api.get(CUSTOMERS).data[0]["id"]
    item = {"sku": "S", "name": "N", "quantity": 2, "unitPrice": 1}
    assert api.post(ORDERS, {"customerId": customer, "items": [item]}).status == 201
    undoing = finished(api, run_events, api.post(f"/v1/jobs/{job['id']}/undo").data)
    assert (undoing["rowsSucceeded"], undoing["rowsFailed"]) == (rows - 1, 1)
    (left,) = api.get(f"/v1/jobs/{undoing['id']}/errors").data
    assert (left["rowId"], left["code"], left["line"]) == (customer, "conflict", 0)
    assert [one["id"] for one in api.get(CUSTOMERS).data] == [customer]
