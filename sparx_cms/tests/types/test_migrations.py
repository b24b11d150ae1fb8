"""Migrations: drafts of all entries changed by a job, which leaves alone what it cannot change."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_cms.operations import sweeping
from sparx_core.testing import Api, DeliveryRun

PATH = "/v1/cms/content-types"
ENTRIES = "/v1/cms/entries"
Nothing = Callable[[], AbstractContextManager[None]]
FIELDS = (
    {"key": "title", "type": "text", "localized": True},
    {"key": "price", "type": "text"},
    {"key": "amount", "type": "decimal"},
    {"key": "label", "type": "text", "multiple": True},
    {"key": "body", "type": "richText", "localized": True},
)


@pytest.fixture
def migrate(api: Api, run_events: DeliveryRun) -> Callable[..., Any]:
    """Migrates all entries of a type, and returns the job when it is over."""

    def migrate(type: Any, *ops: Any) -> Any:
        answer = api.post(f"{PATH}/{type['id']}/migrations", {"ops": list(ops)})
        assert answer.status == 200, answer.text
        run_events()
        return api.get(f"/v1/jobs/{answer.data['jobId']}").data

    return migrate


def draft(api: Api, entry: Any, **params: str) -> Any:
    return api.get(f"{ENTRIES}/{entry['id']}", params={"status": "draft", **params}).data


def test_values_move_into_a_field_of_another_type(
    api: Api,
    create_type: Callable[..., Any],
    create_entry: Callable[..., Any],
    publish: Callable[..., Any],
    migrate: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE", 2)
    made = create_type("thing", FIELDS)
    live = publish(create_entry("thing", {"price": "12.50"}))
    cheap = create_entry("thing", {"price": "3"})
    wrong = create_entry("thing", {"price": "a lot"})
    empty = create_entry("thing", {})
    before = api.get(f"{ENTRIES}/{live['id']}").data
    copying = {"op": "copy", "from": "price", "to": "amount"}
    job = migrate(made, copying)
    assert (job["kind"], job["state"]) == ("cms.migration", "succeeded")
    assert (job["rowsProcessed"], job["rowsSucceeded"], job["rowsFailed"]) == (4, 3, 1)
    (error,) = api.get(f"/v1/jobs/{job['id']}/errors").data
    assert (error["rowId"], error["field"]) == (wrong["id"], "fields.amount")
    assert [draft(api, one)["fields"].get("amount") for one in (live, cheap, wrong, empty)] == [
        12.5,
        3,
        None,
        None,
    ]
    # What is live is as it was, byte for byte, and so is an entry that could not be changed.
    assert api.get(f"{ENTRIES}/{live['id']}").data == before
    assert draft(api, live)["status"] == "changed"
    assert draft(api, wrong)["version"] == wrong["version"]
    again = migrate(made, copying)
    assert (again["rowsSucceeded"], draft(api, cheap)["revisionNumber"]) == (3, 2)


def test_values_are_set_cleared_and_converted(
    api: Api,
    create_type: Callable[..., Any],
    create_entry: Callable[..., Any],
    create_locale: Callable[..., Any],
    migrate: Callable[..., Any],
) -> None:
    create_locale("de")
    made = create_type("thing", FIELDS)
    entry = create_entry("thing", {"title": "Hi *there*", "price": "3"})
    path = f"{ENTRIES}/{entry['id']}"
    api.patch(path, {"locale": "de", "fields": {"title": "Servus"}})
    migrate(
        made,
        {"op": "copy", "from": "price", "to": "label"},
        {"op": "copy", "from": "title", "to": "body"},
        {"op": "set", "to": "amount", "value": 7},
        {"op": "set", "to": "price", "value": "kept as it is"},
        {"op": "clear", "to": "title"},
    )
    fields = draft(api, entry, locale="*")["fields"]
    assert (fields["label"], fields["amount"], fields["price"]) == (["3"], 7, "3")
    assert not fields.get("title")
    texts = [one["content"][0]["content"][0]["text"] for one in fields["body"].values()]
    assert sorted(texts) == ["Hi ", "Servus"]
    migrate(made, {"op": "set", "to": "price", "value": "4", "overwrite": True})
    assert draft(api, entry)["fields"]["price"] == "4"


def test_an_omitted_field_is_still_read(
    api: Api,
    create_type: Callable[..., Any],
    create_entry: Callable[..., Any],
    migrate: Callable[..., Any],
) -> None:
    made = create_type("thing", FIELDS)
    entry = create_entry("thing", {"price": "3"})
    fields = [
        {"id": one["id"], "state": "omitted" if one["key"] == "price" else "active"}
        for one in made["fields"]
    ]
    api.patch(f"{PATH}/{made['id']}", {"fields": fields})
    migrate(made, {"op": "copy", "from": "price", "to": "amount"})
    assert draft(api, entry)["fields"]["amount"] == 3


def test_what_is_no_migration(
    api: Api, create_type: Callable[..., Any], nothing_written: Nothing
) -> None:
    made = create_type("thing", FIELDS)
    for op, at in (
        ({"op": "copy", "from": "nothing", "to": "amount"}, "ops[0].from"),
        ({"op": "copy", "to": "amount"}, "ops[0].from"),
        ({"op": "copy", "from": "price", "to": "nothing"}, "ops[0].to"),
        ({"op": "set", "to": "amount"}, "ops[0].value"),
        ({"op": "set", "to": "amount", "value": "many"}, "ops[0].value"),
        ({"op": "move", "to": "amount"}, "ops[0].op"),
    ):
        with nothing_written():
            answer = api.post(f"{PATH}/{made['id']}/migrations", {"ops": [op]})
        assert answer.status == 422, answer.text
        assert [one["field"] for one in answer.error["details"]] == [at]
    (seo,) = api.get(PATH, params={"key": "seo"}).data
    clearing = {"ops": [{"op": "clear", "to": "title"}]}
    with nothing_written():
        assert api.post(f"{PATH}/{seo['id']}/migrations", clearing).status == 422
