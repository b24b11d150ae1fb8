"""Pipelines and deals to test with."""

from __future__ import annotations

from typing import Any

from sparx_core.testing import Api, Owner

PATH = "/v1/crm/deals"
MISSING = "01a2007d-fd87-73b7-b820-b471a0e40afc"


def refused(answer: Any, status: int, code: str) -> Any:
    assert (answer.status, answer.error["code"]) == (status, code), answer.text
    return answer.error


def fields(answer: Any) -> list[str]:
    """The fields that a body was refused for."""
    return [one["field"] for one in refused(answer, 422, "validation_error")["details"]]


class Sales:
    """Pipelines, stages, reasons and deals of a tenant, over the API."""

    def __init__(self, api: Api, owner: Owner) -> None:
        self.api, self.owner = api, owner
        self.reasons = {one["name"]: one["id"] for one in api.get("/v1/crm/lost-reasons").data}

    def pipeline(self, name: str, stages: dict[str, tuple[str, int]], **more: Any) -> Any:
        """A pipeline and, by name, the ids of its stages, each of a kind and probability."""
        made = self.api.post("/v1/crm/pipelines", {"name": name, **more}).data
        for position, (stage, (kind, probability)) in enumerate(stages.items()):
            ((made[stage],),) = self.owner.rows(
                "INSERT INTO crm.stages"
                " (tenant_id, id, pipeline_id, name, position, kind, probability)"
                " SELECT tenant_id, gen_random_uuid(), id, %s, %s, %s, %s FROM crm.pipelines"
                "  WHERE id = %s RETURNING id::text",
                *(stage, position, kind, probability, made["id"]),
            )
        return made

    def deal(self, **more: Any) -> Any:
        answer = self.api.post(PATH, {"title": "Fleet", **more})
        assert answer.status == 201, answer.text
        return answer.data

    def do(self, deal: Any, verb: str, body: Any = None) -> Any:
        return self.api.post(f"{PATH}/{deal['id']}/{verb}", body or {})

    def change(self, deal: Any, **body: Any) -> Any:
        return self.api.patch(f"{PATH}/{deal['id']}", body)

    def get(self, deal: Any) -> Any:
        return self.api.get(f"{PATH}/{deal['id']}").data

    def history(self, deal: Any) -> list[Any]:
        found = self.api.get(f"/v1/crm/stage-changes?dealId={deal['id']}").data
        return list(reversed(found))


STAGES = {"New": ("open", 20), "Talks": ("open", 60), "Won": ("won", 100), "Lost": ("lost", 0)}
