"""What is recorded of a change, whoever makes it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sparx_core import Context
from sparx_core.testing import Api, DeliveryRun, Owner

from .conftest import ACCOUNTS, AUDIT, Log
from .ledger.declared import Control
from .ledger.models import Account, Piece, Posting

Create = Callable[..., Any]
BULK = (
    "INSERT INTO ledger.accounts (id, number, name, currency)"
    " SELECT gen_random_uuid(), 100 + n, 'bulk', 'USD' FROM generate_series(1, %s) n"
)


def changes(entry: Any) -> dict[str, tuple[Any, Any]]:
    return {name: (one["before"], one["after"]) for name, one in entry["changes"].items()}


def test_a_create(api: Api, create_account: Create, log: Log) -> None:
    made = create_account(
        balance=Decimal("12.5"), openedAt="2026-06-05T17:41:09Z", tags=["a"], document={"x": [1.50]}
    )
    (entry,) = log.of(made)
    me = api.get("/v1/me").data["actor"]
    assert entry == {
        "id": entry["id"],
        "version": 1,
        "action": "created",
        "resource": "ledger.accounts",
        "resourceId": made["id"],
        "resourceVersion": 1,
        "changes": {
            "number": {"before": None, "after": "7"},
            "name": {"before": None, "after": "one"},
            "currency": {"before": None, "after": "USD"},
            "balance": {"before": None, "after": Decimal("12.50")},
            "openedAt": {"before": None, "after": "2026-06-05T17:41:09Z"},
            "tags": {"before": None, "after": ["a"]},
            "document": {"before": None, "after": {"x": [Decimal("1.5")]}},
            "cards": {"changed": True},
        },
        "actor": {"type": "key", "id": me["id"], "name": me["name"]},
        "operation": "ledger.accounts.create",
        "requestId": entry["requestId"],
        "createdAt": entry["createdAt"],
    }
    assert api.get(f"{AUDIT}/{entry['id']}").data == entry


def test_the_request_id_leads_back_to_the_request(
    api: Api, create_account: Create, log: Log
) -> None:
    made = create_account()
    answer = api.patch(f"{ACCOUNTS}/{made['id']}", {"name": "two"})
    (entry,) = log.all(requestId=answer.headers["X-Request-Id"])
    assert entry["operation"] == "ledger.accounts.update"
    assert changes(entry) == {"name": ("one", "two")}
    assert entry["resourceVersion"] == 2


def test_values_are_those_of_the_api(api: Api, create_account: Create, log: Log) -> None:
    """Before and after, in each the JSON that the API showed then."""
    full = {
        "balance": Decimal("1.10"),
        "rate": Decimal("0.0125"),
        "weight": Decimal("2.500"),
        "openedAt": "2026-01-01T00:00:00Z",
        "tags": ["x", 'quoted "%" \\'],
        "title": {"en": "Red", "de": "Rot %s"},
        "document": {"deep": {"list": [None, True, 1]}},
    }
    made = create_account(name="ä 'quote' \\ %", **full)
    other = {
        "name": "new",
        "currency": "JPY",
        "balance": 1200,
        "rate": None,
        "weight": None,
        "openedAt": None,
        "tags": [],
        "title": None,
        "document": {},
        "parentId": made["id"],
    }
    changed = api.patch(f"{ACCOUNTS}/{made['id']}", other).data
    created, updated = log.of(made)
    for name, (before, after) in changes(updated).items():
        assert (before, after) == (made[name], changed[name]), name
        assert (str(before), str(after)) == (str(made[name]), str(changed[name])), name
    assert set(updated["changes"]) == set(other)
    for name, one in created["changes"].items():
        assert one == (
            {"changed": True} if name == "cards" else {"before": None, "after": made[name]}
        )


def test_a_delete(api: Api, create_account: Create, log: Log) -> None:
    made = create_account()
    assert api.delete(f"{ACCOUNTS}/{made['id']}").status == 200
    entry = log.of(made)[-1]
    assert (entry["action"], entry["operation"]) == ("deleted", "ledger.accounts.delete")
    assert changes({"changes": {"name": entry["changes"]["name"]}}) == {"name": ("one", None)}
    assert entry["resourceVersion"] == 1


def test_what_shows_no_change_is_none(
    api: Api, create_account: Create, log: Log, control: Control
) -> None:
    made = create_account(openedAt="2026-06-05T17:41:09Z")
    assert api.patch(f"{ACCOUNTS}/{made['id']}", {"name": "one"}).status == 200

    def quietly(ctx: Context, row: Account) -> Account:
        for setting in (
            "touched = 5, version = version + 1, updated_at = now()",
            "internal = 'x'",
            "opened_at = opened_at + interval '0.3 s'",
            "name = name",
        ):
            run(ctx, f"UPDATE ledger.accounts SET {setting}")
        run(ctx, "DELETE FROM ledger.postings")
        return row

    control.action = quietly
    assert api.post(f"{ACCOUNTS}/{made['id']}/do").status == 200
    assert len(log.of(made)) == 1


def run(ctx: Context, sql: str, *parameters: Any) -> None:
    """SQL that a module runs itself."""
    ctx.flush()
    ctx.transaction.database.execute_sql(sql, parameters or None)


# -- sensitive fields ------------------------------------------------------------------------------


def test_sensitive_values_are_never_recorded(
    api: Api, create_account: Create, log: Log, owner: Owner, control: Control
) -> None:
    secrets = {"iban": "SECRET-1", "taxNumber": "SECRET-2", "password": "SECRET-3"}
    made = create_account(
        **secrets,
        cards=[{"holder": "Ann", "number": "SECRET-4"}],
        postings=[{"text": "p", "amount": 1, "secret": "SECRET-5"}],
        answers=[{"text": "SECRET-6"}],
    )
    told = {"changed": True}
    named = ("iban", "taxNumber", "password", "cards")
    created = next(one for one in log.of(made) if one["action"] == "created")
    assert {name: created["changes"][name] for name in named} == dict.fromkeys(named, told)
    changed = {"iban": "SECRET-7", "taxNumber": None, "password": "SECRET-8"}
    cards = [{"holder": "Ann", "number": "SECRET-9"}]
    api.patch(f"{ACCOUNTS}/{made['id']}", {**changed, "cards": cards})
    assert log.of(made)[-1]["changes"] == dict.fromkeys(named, told)

    def alter(ctx: Context, row: Account) -> Account:
        run(ctx, "UPDATE ledger.postings SET secret = 'SECRET-A'")
        run(ctx, "UPDATE ledger.answers SET text = 'SECRET-B'")
        return row

    control.action = alter
    api.post(f"{ACCOUNTS}/{made['id']}/do")
    lines, answers = log.of(made)[-2:]
    posting = {"text": "p", "amount": Decimal("1.00"), "price": None}
    assert lines["changes"] == {"postings": {"before": [posting], "after": [posting]}}
    assert answers["changes"] == {"answers": told}
    api.delete(f"{ACCOUNTS}/{made['id']}")
    (deleted,) = log.of(made, action="deleted")
    assert {name: deleted["changes"][name] for name in ("iban", "cards")} == {
        "iban": told,
        "cards": told,
    }
    stored = owner.rows("SELECT to_jsonb(e)::text FROM core.audit_entries e")
    assert stored
    assert not [text for (text,) in stored if "SECRET" in text]


def test_what_is_not_on_the_wire_is_not_in_the_log(
    api: Api, create_account: Create, control: Control, owner: Owner
) -> None:
    made = create_account(postings=[{"text": "p", "amount": 1}])

    def hide(ctx: Context, row: Account) -> Account:
        run(ctx, "UPDATE ledger.accounts SET internal = 'HIDDEN', name = 'two'")
        run(ctx, "UPDATE ledger.postings SET internal = 'HIDDEN', text = 'q'")
        return row

    control.action = hide
    assert api.post(f"{ACCOUNTS}/{made['id']}/do").status == 200
    assert not owner.value(
        "SELECT count(*) FROM core.audit_entries WHERE changes::text ~ 'HIDDEN|internal|touched'"
    )


# -- lists of rows ---------------------------------------------------------------------------------


def test_rows_of_a_list_are_recorded_under_their_parent(
    api: Api, create_account: Create, log: Log
) -> None:
    lines = [{"text": "b", "amount": Decimal("2.5"), "price": Decimal("0.001")},
             {"text": "a", "amount": 1}]  # fmt: skip
    made = create_account(postings=lines)
    entries = {next(iter(one["changes"])): one for one in log.of(made)}
    listed = entries["postings"]
    assert (listed["action"], listed["resource"]) == ("updated", "ledger.accounts")
    assert (listed["operation"], listed["resourceVersion"]) == ("ledger.accounts.create", 1)
    shown = [{name: one[name] for name in ("text", "amount", "price")} for one in made["postings"]]
    assert listed["changes"] == {"postings": {"before": [], "after": shown}}
    assert str(listed["changes"]["postings"]["after"][0]["amount"]) == "2.50"
    assert entries["number"]["action"] == "created"


def test_only_the_rows_that_changed(
    api: Api, create_account: Create, log: Log, control: Control
) -> None:
    lines = [{"text": text, "amount": 1} for text in "abc"]
    made, other = create_account(postings=lines), create_account(postings=lines)

    def alter(ctx: Context, row: Account) -> Account:
        run(ctx, "UPDATE ledger.postings SET text = 'z' WHERE place = 1")
        run(ctx, "UPDATE ledger.postings SET place = 9 WHERE place = 0 AND account_id = %s",
            str(row.id))  # fmt: skip
        run(ctx, "UPDATE ledger.postings SET account_id = %s WHERE text = 'c'", other["id"])
        run(ctx, "DELETE FROM ledger.postings WHERE text = 'z'")
        return row

    control.action = alter
    assert api.post(f"{ACCOUNTS}/{made['id']}/do").status == 200

    def texts(entry: Any) -> tuple[list[str], list[str]]:
        found = entry["changes"]["postings"]
        before, after = ([one["text"] for one in found[name]] for name in ("before", "after"))
        return before, after

    assert [texts(one) for one in log.of(made)[-4:]] == [
        (["b"], ["z"]),
        (["a"], ["a"]),
        (["c"], []),
        (["z"], []),
    ]
    assert [texts(one) for one in log.of(other)[-3:]] == [
        (["b"], ["z"]),
        ([], ["c"]),
        (["z"], []),
    ]


def test_a_list_inside_a_list(api: Api, create_account: Create, log: Log, control: Control) -> None:
    made = create_account(postings=[{"text": "a", "amount": 1}])

    def add(ctx: Context, row: Account) -> Account:
        posting = ctx.first(Posting.select().where(Posting.account == row.id))
        ctx.insert(Piece(posting=posting.id, place=1, label="small"))
        return row

    control.action = add
    assert api.post(f"{ACCOUNTS}/{made['id']}/do").status == 200
    entry = log.of(made)[-1]
    assert entry["changes"] == {"postings.pieces": {"before": [], "after": [{"label": "small"}]}}


# -- whoever writes --------------------------------------------------------------------------------


def test_cascades(api: Api, create_account: Create, log: Log) -> None:
    """Rows that go with another, and references that are cleared."""
    made = create_account(currency="KWD", postings=[{"text": "a", "amount": Decimal("1.234")}])
    child = create_account(parentId=made["id"])
    assert api.delete(f"{ACCOUNTS}/{made['id']}").status == 200
    (line,) = [one for one in log.of(made, operation="ledger.accounts.delete")
               if "postings" in one["changes"]]  # fmt: skip
    (gone,) = line["changes"]["postings"]["before"]
    assert (gone["amount"], line["changes"]["postings"]["after"]) == (Decimal("1.234"), [])
    assert changes(log.of(child)[-1]) == {"parentId": (made["id"], None)}


def test_sql_that_a_module_runs(
    api: Api, create_account: Create, log: Log, control: Control
) -> None:
    made = create_account()

    def by_hand(ctx: Context, row: Account) -> Account:
        ctx.run(Account.update(name="by peewee").where(Account.id == row.id))
        run(ctx, BULK, 3)
        run(ctx, f"{BULK} ON CONFLICT DO NOTHING", 3)
        run(
            ctx,
            "INSERT INTO ledger.accounts (id, number, name, currency) VALUES (%s, 1, 'x', 'USD')"
            " ON CONFLICT (tenant_id, id) DO UPDATE SET name = 'upserted'",
            str(row.id),
        )
        run(ctx, "UPDATE ledger.accounts SET id = gen_random_uuid() WHERE id = %s", str(row.id))
        return ctx.first(Account.select().where(Account.name == "upserted"))

    control.action = by_hand
    assert api.post(f"{ACCOUNTS}/{made['id']}/do").status == 200
    assert [one["action"] for one in log.of(made)] == ["created", "updated", "updated", "deleted"]
    assert [changes(one) for one in log.of(made)[1:3]] == [
        {"name": ("one", "by peewee")},
        {"name": ("by peewee", "upserted")},
    ]
    done = log.all(operation="ledger.accounts.do", action="created")
    assert [one["changes"]["name"]["after"] for one in done] == ["bulk"] * 6 + ["upserted"]


def test_many_rows_at_once(
    api: Api, create_account: Create, control: Control, owner: Owner
) -> None:
    """A statement over many rows costs a join, and not a loop over pairs."""
    made = create_account()
    before = owner.count("core.audit_entries")

    def bulk(ctx: Context, row: Account) -> Account:
        run(ctx, BULK, 2000)
        run(ctx, "UPDATE ledger.accounts SET name = 'more' WHERE name = 'bulk'")
        return row

    control.action = bulk
    assert api.post(f"{ACCOUNTS}/{made['id']}/do").status == 200
    assert owner.count("core.audit_entries") == before + 4000


def test_a_refused_write_leaves_no_entry(
    api: Api, create_account: Create, log: Log, control: Control
) -> None:
    made = create_account()

    def fail(ctx: Context, row: Account) -> Account:
        ctx.update(row, name="never")
        ctx.flush()
        raise RuntimeError

    control.action = fail
    assert api.post(f"{ACCOUNTS}/{made['id']}/do").status == 500
    assert len(log.of(made)) == 1


def test_handlers(
    api: Api, create_account: Create, log: Log, control: Control, run_events: DeliveryRun
) -> None:
    def react(ctx: Context, event: Any) -> None:
        ctx.update(ctx.get(Account, event.aggregate_id, lock=True), name="by the handler")

    control.reaction = react
    made = create_account()
    run_events()
    created, handled = log.of(made)
    assert handled["actor"] == {"type": "handler", "id": None, "name": "ledger.follow"}
    assert handled["operation"] == "ledger.follow"
    assert handled["requestId"] == created["requestId"]
    assert log.of(made, actorType="handler") == [handled]
