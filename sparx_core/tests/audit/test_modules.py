"""Rows of a module come and go with it: that is no change of theirs, and one of the module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparx_core import Context
from sparx_core.testing import Api, Owner

from .conftest import ACCOUNTS, Log
from .ledger.declared import Control
from .ledger.models import Account

Create = Callable[..., Any]
Switch = Callable[..., None]


def test_archiving_and_restoring(
    api: Api, create_account: Create, log: Log, activate: Switch, deactivate: Switch,
    control: Control, owner: Owner,
) -> None:  # fmt: skip
    made = [create_account(postings=[{"text": "a", "amount": 1}]) for _ in range(3)]
    before = log.all(resource="ledger.accounts")
    deactivate("ledger")
    assert owner.count("ledger.accounts") == 0 or owner.count("core.archives") > 0

    def greet(ctx: Context) -> None:
        ctx.insert(Account(name="by the hook", currency="USD"))

    control.activated = greet
    activate("ledger")
    assert api.get(ACCOUNTS).meta["total"] == len(made) + 1
    (hooked,) = [one for one in log.all(resource="ledger.accounts") if one not in before]
    assert hooked["changes"]["name"]["after"] == "by the hook"
    assert hooked["actor"]["name"] == "core.restore_module"
    states = [
        (one["changes"]["state"]["after"], one["operation"])
        for one in log.all(resource="core.activations")
        if "state" in one["changes"]
    ]
    assert states[-4:] == [
        ("deactivating", "core.modules.deactivate"),
        ("inactive", "core.archive_module"),
        ("activating", "core.modules.activate"),
        ("active", "core.restore_module"),
    ]


def test_purging(api: Api, create_account: Create, log: Log, run_events: Any, owner: Owner) -> None:
    made = create_account()
    assert api.post("/v1/modules/ledger/deactivate", {"purge": True}).status == 200
    run_events.finish_modules()
    assert api.get("/v1/modules/ledger").data["state"] == "inactive"
    assert not owner.rows("SELECT 1 FROM ledger.accounts WHERE id = %s", made["id"])
    assert [one["action"] for one in log.of(made)] == ["created"]
    assert log.all(resource="core.activations")[-1]["operation"] == "core.archive_module"
