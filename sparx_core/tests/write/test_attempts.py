"""Parts of a transaction that fail by themselves."""

from __future__ import annotations

import pytest

from sparx_core import Conflict, Context, attempt, key_actor, rehearse
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner

from ..probe.declared import Probe, ProbeCreated
from .conftest import Transaction


def make(ctx: Context, code: str) -> Probe:
    """A probe, and the event that tells of it."""
    probe = ctx.insert(Probe(name=code, code=code))
    ctx.emit(ProbeCreated(probe))
    return probe


def told(owner: Owner, tenant: NewTenant) -> list[str]:
    """The codes of the probes that events tell of, in their order."""
    rows = owner.rows(
        "SELECT data ->> 'code' FROM core.events WHERE tenant_id = %s AND type = 'probe.created'"
        " ORDER BY position",
        tenant.tenant_id,
    )
    return [code for (code,) in rows]


def stored(owner: Owner, tenant: NewTenant) -> set[str]:
    rows = owner.rows("SELECT code FROM probe.probes WHERE tenant_id = %s", tenant.tenant_id)
    return {code for (code,) in rows}


def test_what_raises_is_undone_with_its_events_and_the_rest_stands(
    transaction: Transaction, owner: Owner, tenant: NewTenant
) -> None:
    with transaction() as ctx:
        make(ctx, "before")
        with pytest.raises(Conflict):
            attempt(ctx, lambda: [make(ctx, "fresh"), make(ctx, "before")])
        with pytest.raises(ZeroDivisionError):
            attempt(ctx, lambda: [make(ctx, "sent"), ctx.flush(), 1 // 0])
        assert attempt(ctx, lambda: make(ctx, "good").code) == "good"
        make(ctx, "after")
    assert stored(owner, tenant) == {"before", "good", "after"}
    assert sorted(told(owner, tenant)) == ["after", "before", "good"]


def test_attempts_contain_others(transaction: Transaction, owner: Owner, tenant: NewTenant) -> None:
    def outer(ctx: Context) -> None:
        make(ctx, "outer")
        with pytest.raises(Conflict):
            attempt(ctx, lambda: make(ctx, "outer"))
        attempt(ctx, lambda: make(ctx, "inner"))

    with transaction() as ctx:
        attempt(ctx, lambda: outer(ctx))
        with pytest.raises(ZeroDivisionError):
            attempt(ctx, lambda: [attempt(ctx, lambda: make(ctx, "lost")), 1 // 0])
    assert stored(owner, tenant) == {"outer", "inner"}
    assert sorted(told(owner, tenant)) == ["inner", "outer"]


def test_a_rehearsal_answers_and_leaves_nothing(
    transaction: Transaction, owner: Owner, tenant: NewTenant
) -> None:
    with transaction() as ctx:
        make(ctx, "real")
        assert rehearse(ctx, lambda: make(ctx, "tried").code) == "tried"
        with pytest.raises(Conflict):
            rehearse(ctx, lambda: make(ctx, "real"))
    assert stored(owner, tenant) == {"real"}
    assert told(owner, tenant) == ["real"]


def test_who_has_a_key_is_asked_anew(api: Api, transaction: Transaction) -> None:
    def made(**more: object) -> tuple[str, str]:
        data = api.post("/v1/keys", {"name": "desk", "scopes": ["read:probe"], **more}).data
        return data["id"], f"/v1/keys/{data['id']}"

    kept, _ = made()
    rotated, path = made()
    successor = api.post(f"{path}/rotate", {}).data["id"]
    revoked, path = made()
    assert api.delete(path).status == 200
    with transaction() as ctx:
        found = [key_actor(ctx, one) for one in (kept, rotated, revoked)]  # type: ignore[arg-type]
        assert [one and (str(one.id), sorted(one.scopes)) for one in found] == [
            (kept, ["read:probe"]),
            (successor, ["read:probe"]),
            None,
        ]
        assert found[0] is not None
        assert not found[0].allows("write:probe")
