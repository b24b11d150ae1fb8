"""What may happen at once: moves of one deal, a stage that goes while deals come, two defaults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier
from typing import Any

from sparx_core.testing import Owner

from .selling import PATH, Sales

Told = Callable[[Any], list[str]]
Work = Callable[[], Any]


def at_once(work: Sequence[Work]) -> list[Any]:
    """What each of several calls answers that begin together."""
    barrier = Barrier(len(work))

    def run(one: Work) -> Any:
        barrier.wait()
        return one()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


def test_moves_of_one_deal_make_a_chain(sales: Sales, a: Any, told: Told) -> None:
    deal = sales.deal(stageId=a["New"])
    targets = [a["Talks"], a["New"]] * 10
    answers = at_once([lambda to=to: sales.do(deal, "move", {"stageId": to}) for to in targets])
    assert {one.status for one in answers} == {200}
    history = sales.history(deal)
    for before, after in pairwise(history):
        assert after["fromStageId"] == before["toStageId"] != after["toStageId"]
    assert history[-1]["toStageId"] == sales.get(deal)["stageId"]
    assert told(deal) == ["deal.created", *["deal.stage_changed"] * (len(history) - 1)]


def test_won_once_by_twenty(sales: Sales, a: Any, told: Told) -> None:
    deal = sales.deal(stageId=a["New"])
    answers = at_once([lambda: sales.do(deal, "win")] * 20)
    assert Counter(one.status for one in answers) == {200: 1, 409: 19}
    assert told(deal) == ["deal.created", "deal.won"]


def test_won_and_lost_at_once(sales: Sales, a: Any, told: Told) -> None:
    deal = sales.deal(stageId=a["New"])
    lose = {"reason": "Price"}
    works: list[Work] = [lambda: sales.do(deal, "win"), lambda: sales.do(deal, "lose", lose)] * 5
    answers = at_once(works)
    assert Counter(one.status for one in answers) == {200: 1, 409: 9}
    assert len(told(deal)) == 2


def test_a_stage_goes_while_deals_come(sales: Sales, a: Any, owner: Owner) -> None:
    """Whoever is first: no deal is left in a stage that is gone, and nothing fails otherwise."""
    for number in range(2):
        stage = {"pipelineId": a["id"], "name": f"Short {number}"}
        short = sales.api.post("/v1/crm/stages", stage).data["id"]
        coming = [sales.deal(stageId=a["New"]) for _ in range(6)]
        inside = [sales.deal(stageId=short) for _ in range(2)]
        gone = f"/v1/crm/stages/{short}?moveTo={a['Talks']}"
        works: list[Work] = [lambda gone=gone: sales.api.delete(gone)] * 2
        works += [
            lambda deal=deal, to=short: sales.do(deal, "move", {"stageId": to}) for deal in coming
        ]
        works += [lambda deal=deal: sales.do(deal, "win") for deal in inside]
        answers = at_once(works)
        assert {one.status for one in answers[:2]} <= {200, 404, 409}
        assert {one.status for one in answers[2:8]} <= {200, 422}
        assert {one.status for one in answers[8:]} == {200}
        left = owner.rows("SELECT id FROM crm.deals WHERE stage_id = %s", short)
        there = owner.rows("SELECT id FROM crm.stages WHERE id = %s", short)
        assert bool(there) or not left
        for deal in (*coming, *inside):
            steps = sales.history(deal)
            assert steps[-1]["toName"] == _name(sales, deal)
            assert [one["fromName"] for one in steps[1:]] == [one["toName"] for one in steps[:-1]]


def test_one_default_of_many(sales: Sales, a: Any, b: Any, owner: Owner) -> None:
    path = "/v1/crm/pipelines"
    works: list[Work] = [
        lambda one=one: sales.api.patch(f"{path}/{one['id']}", {"isDefault": True})
        for one in (a, b) * 4
    ]
    works += [
        lambda name=name: sales.api.post(path, {"name": name, "isDefault": True})
        for name in ("P1", "P2", "P3", "P4")
    ]
    assert {one.status for one in at_once(works)} <= {200, 201}
    assert len(sales.api.get(f"{path}?isDefault=true").data) == 1


def test_stages_are_added_and_ordered_at_once(sales: Sales, a: Any) -> None:
    ids = [a[name] for name in ("Lost", "Won more", "Won", "Talks", "New")]
    path = f"/v1/crm/pipelines/{a['id']}/reorder"
    works: list[Work] = [lambda: sales.api.post(path, {"stageIds": ids})] * 3
    works += [
        lambda n=n: sales.api.post(
            "/v1/crm/stages", {"pipelineId": a["id"], "name": f"S{n}", "position": 0}
        )
        for n in range(6)
    ]
    answers = at_once(works)
    assert {one.status for one in answers[:3]} <= {200, 422}
    assert {one.status for one in answers[3:]} == {201}
    found = sales.api.get(f"/v1/crm/stages?pipelineId={a['id']}").data
    positions = [one["position"] for one in found]
    assert len(set(positions)) == len(positions) == 11


def _name(sales: Sales, deal: Any) -> str:
    found = sales.api.get(f"{PATH}/{deal['id']}?include=stage").data
    return str(found["stage"]["name"])


def test_a_stage_changes_its_kind_while_deals_come(sales: Sales, a: Any, owner: Owner) -> None:
    """Whoever is second is refused: a deal's status is the kind of its stage at every moment."""
    deals = [sales.deal(stageId=a["New"]) for _ in range(6)]
    kind = {"kind": "won"}
    works: list[Work] = [lambda: sales.api.patch(f"/v1/crm/stages/{a['Talks']}", kind)]
    works += [lambda deal=deal: sales.do(deal, "move", {"stageId": a["Talks"]}) for deal in deals]
    changed, *moved = at_once(works)
    assert changed.status in (200, 409)
    assert {one.status for one in moved} <= {200, 409, 422}
    assert not owner.rows(
        "SELECT d.id FROM crm.deals d JOIN crm.stages s ON s.id = d.stage_id"
        " WHERE s.pipeline_id = %s AND (s.kind <> d.status OR s.pipeline_id <> d.pipeline_id)",
        a["id"],
    )
