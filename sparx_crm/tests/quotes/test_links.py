"""What buyers do with links, and what nobody does without one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sparx_core.runtime import Runtime
from sparx_core.testing import Api, Owner

from .offers import PATH, PUBLIC, SEVERAL, Maker, Watch, link_of, refused, signature

STAFF_ONLY = {
    "internalNote", "author", "submitter", "customerId", "accountId", "dealId", "ownerId",
    "signerAddress", "rejectionReason", "custom", "allowedTransitions", "supersedesId",
}  # fmt: skip


def test_the_buyer_sees_the_quote(
    api: Api, anonymous: Api, create_quote: Maker, events_of: Callable[[Any], list[str]]
) -> None:
    quote = create_quote(**SEVERAL)
    sent = api.post(f"{PATH}/{quote['id']}/send").data
    assert sent["linkPath"] == link_of(sent)
    shown = anonymous.get(link_of(sent)).data
    assert not STAFF_ONLY & shown.keys()
    assert "Do not go lower" not in str(shown)
    same = ("quoteNumber", "total", "terms", "customerNote", "contentHash", "shippingLines")
    assert {name: shown[name] for name in same} == {name: sent[name] for name in same}
    assert [one["total"] for one in shown["items"]] == [one["total"] for one in sent["items"]]
    assert "quantityOrdered" not in shown["items"][0]
    viewed = api.get(f"{PATH}/{quote['id']}").data["viewedAt"]
    assert viewed
    anonymous.get(link_of(sent))
    assert events_of(quote) == ["created", "sent", "viewed"]


def test_acceptance_is_recorded(
    api: Api, anonymous: Api, owner: Owner, send_quote: Maker, nothing_written: Watch,
    events_of: Callable[[Any], list[str]],
) -> None:  # fmt: skip
    sent = send_quote()
    path = f"{link_of(sent)}/accept"
    with nothing_written():
        refused(anonymous.post(path, {"signerName": "Ann"}), 422, "validation_error")
        unsigned = {**signature(sent), "signerName": " "}
        refused(anonymous.post(path, unsigned), 422, "validation_error")
        other = {**signature(sent), "contentHash": "0" * 64}
        refused(anonymous.post(path, other), 409, "quote_changed")
    headers = {"X-Forwarded-For": "203.0.113.7"}
    accepted = anonymous.post(path, signature(sent), headers=headers)
    assert accepted.data["status"] == "accepted"
    assert not STAFF_ONLY & accepted.data.keys()
    row = api.get(f"{PATH}/{sent['id']}").data
    assert (row["signerName"], row["contentHash"]) == ("Ann Lindgren", sent["contentHash"])
    assert row["signerAddress"]
    assert row["acceptedAt"]
    with nothing_written():
        error = refused(anonymous.post(path, signature(sent)), 409, "invalid_transition")
        assert error["details"]["from"] == "accepted"
        declined = anonymous.post(f"{link_of(sent)}/decline", {"reason": "x"})
        refused(declined, 409, "invalid_transition")
    assert events_of(sent) == ["created", "sent", "accepted"]
    actor = owner.value(
        "SELECT actor FROM core.events WHERE aggregate_id = %s AND type = 'quote.accepted'",
        sent["id"],
    )
    assert actor == f"link:{owner.value('SELECT id FROM core.links WHERE row_id = %s', sent['id'])}"
    audited = owner.value(
        "SELECT actor_type || ':' || actor_id FROM core.audit_entries WHERE resource_id = %s"
        " AND operation = 'crm.public_quotes.accept'",
        sent["id"],
    )
    assert audited == actor


def test_one_of_many_acceptances_counts(
    anonymous: Api, send_quote: Maker, events_of: Callable[[Any], list[str]]
) -> None:
    sent = send_quote()
    path = f"{link_of(sent)}/accept"
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: anonymous.post(path, signature(sent)).status, range(20)))
    assert sorted(answers) == [200] + [409] * 19
    assert events_of(sent) == ["created", "sent", "accepted"]


def test_declined_and_negotiated_by_link(api: Api, anonymous: Api, send_quote: Maker) -> None:
    first, second = send_quote(), send_quote()
    told = anonymous.post(f"{link_of(first)}/decline", {"reason": "Too dear."})
    assert told.data["status"] == "declined"
    asked = anonymous.post(f"{link_of(second)}/request_renegotiation", {"message": "In two?"})
    assert asked.data["status"] == "renegotiation_requested"
    assert api.get(f"{PATH}/{first['id']}").data["declineReason"] == "Too dear."


def test_what_is_no_link_is_nothing(
    api: Api, anonymous: Api, owner: Owner, send_quote: Maker, create_quote: Maker,
    nothing_written: Watch,
) -> None:  # fmt: skip
    """Unknown, misspelt, expired and revoked tokens, and other things: one answer."""
    expired, revoked, limited = send_quote(), send_quote(), send_quote()
    end = "UPDATE core.links SET expires_at = now() - interval '1 second' WHERE row_id = %s"
    owner.execute(end, expired["id"])
    owner.execute("UPDATE core.links SET abilities = '{pdf}' WHERE row_id = %s", limited["id"])
    api.post(f"{PATH}/{revoked['id']}/link")
    token = expired["linkToken"]
    tokens = [
        token, revoked["linkToken"], limited["linkToken"], "lnk_" + "A" * 43, "lnk_", "x",
        token[:-1], token + "A", token.swapcase(), create_quote()["id"], api.key, "%00", "😀",
    ]  # fmt: skip
    bodies = set()
    with nothing_written():
        for one in tokens:
            for answer in (
                anonymous.get(f"{PUBLIC}/{one}"),
                anonymous.post(f"{PUBLIC}/{one}/accept", signature(expired)),
                anonymous.post(f"{PUBLIC}/{one}/decline", {"reason": "x"}),
            ):
                error = refused(answer, 404, "not_found")
                bodies.add(answer.text.replace(error["requestId"], "ID"))
    assert len(bodies) == 1
    assert anonymous.get(f"{PUBLIC}/{limited['linkToken']}/pdf").status == 200


def test_a_link_is_made_anew(
    api: Api, anonymous: Api, send_quote: Maker, create_quote: Maker
) -> None:
    sent = send_quote()
    again = api.post(f"{PATH}/{sent['id']}/link").data
    assert again["linkToken"] != sent["linkToken"]
    refused(anonymous.get(link_of(sent)), 404, "not_found")
    assert anonymous.get(link_of(again)).status == 200
    refused(api.post(f"{PATH}/{create_quote()['id']}/link"), 409, "invalid_transition")


def test_tokens_are_stored_nowhere(owner: Owner, send_quote: Maker) -> None:
    token = send_quote()["linkToken"]
    tables = owner.rows(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'r' AND n.nspname IN ('core', 'crm')"
    )
    for (table,) in tables:
        found = owner.value(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", f"%{token}%")
        assert found == 0, table


def test_a_link_opens_its_tenants_row_alone(
    api: Api, other_api: Api, anonymous: Api, send_quote: Maker, create_customer: Maker
) -> None:
    theirs = create_customer("Theirs", client=other_api)
    body = {"customerId": theirs["id"], "items": SEVERAL["items"]}
    other = other_api.post(PATH, body).data
    sent = other_api.post(f"{PATH}/{other['id']}/send").data
    mine = send_quote()
    assert anonymous.get(link_of(sent)).data["id"] == other["id"]
    assert anonymous.get(link_of(mine)).data["id"] == mine["id"]
    # Both have the number 1001, and keys make no difference.
    assert api.get(link_of(sent)).data["id"] == other["id"]
    refused(api.get(f"{PATH}/{other['id']}"), 404, "not_found")


def test_a_token_is_no_key(anonymous: Api, send_quote: Maker) -> None:
    token = send_quote()["linkToken"]
    refused(anonymous.with_key(token).get(PATH), 401, "unauthorized")


def test_module_that_is_off(
    api: Api, anonymous: Api, send_quote: Maker, deactivate: Callable[..., None],
    activate: Callable[..., None],
) -> None:  # fmt: skip
    sent = send_quote()
    deactivate("crm")
    for answer in (
        anonymous.get(link_of(sent)),
        anonymous.get(f"{link_of(sent)}/pdf"),
        anonymous.post(f"{link_of(sent)}/accept", signature(sent)),
    ):
        refused(answer, 403, "module_disabled")
    activate("crm")
    assert anonymous.get(link_of(sent)).data["status"] == "sent"


def test_serving_role_cannot_open_what_it_can_read(
    installation: Runtime, owner: Owner, send_quote: Maker
) -> None:
    """Neither digests nor links of others can be read by the role that serves requests."""
    send_quote()
    for sql in ("SELECT * FROM core.link_credentials", "SELECT core.link_digest('x')"):
        with (
            pytest.raises(Exception, match="permission denied"),
            installation.database.transaction(sql),
        ):
            pass
    with installation.database.transaction("SELECT count(*) FROM core.links") as row:
        assert row == (0,)


@pytest.mark.parametrize("query", ["fields=internalNote", "include=customer", "x=1"])
def test_nothing_can_be_asked_for(anonymous: Api, send_quote: Maker, query: str) -> None:
    refused(anonymous.get(link_of(send_quote()), query=query), 400, "bad_request")


def test_tokens_are_not_logged(
    anonymous: Api, send_quote: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = send_quote()
    capsys.readouterr()
    anonymous.get(link_of(sent))
    anonymous.post(f"{link_of(sent)}/accept", signature(sent))
    told = capsys.readouterr().out
    assert "/v1/crm/public/quotes/.../accept" in told
    assert sent["linkToken"] not in told
