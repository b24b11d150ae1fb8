"""A newsroom: articles in two languages, and desks that have keys of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sparx_core.testing import Answer, Api, Owner

ENTRIES, SCHEDULES, RELEASES = "/v1/cms/entries", "/v1/cms/schedules", "/v1/cms/releases"
ITEMS, REVIEWS, COMMENTS = f"{RELEASES}/items", "/v1/cms/reviews", "/v1/cms/comments"
NOBODY = "00000000-0000-7000-8000-000000000000"
TITLE = {"key": "title", "label": "Title", "type": "text", "required": True, "localized": True}
SLUG = {"key": "slug", "label": "Slug", "type": "slug", "unique": True}
RELATED = {"key": "related", "label": "Related", "type": "reference", "to": ["news"]}
STAGES = [{"key": "desk", "name": "Desk"}, {"key": "legal", "name": "Legal"}]


def soon(**away: float) -> str:
    """A time from now on the wire; in an hour unless told."""
    at = datetime.now(UTC) + timedelta(**(away or {"hours": 1}))
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Newsroom:
    """What editors of a tenant do, by the key of ``api``."""

    api: Api
    tenant: Any
    owner: Owner

    def prepare(self) -> None:
        """Make the types, and a second language."""
        for path, body in (
            ("locales", {"code": "de", "name": "Deutsch", "fallback": "en"}),
            ("content-types", _type("news", [TITLE, SLUG, RELATED])),
            ("content-types", _type("notice", [TITLE], stages=STAGES)),
        ):
            made = self.api.post(f"/v1/cms/{path}", body)
            assert made.status == 201, made.text

    def desk(self, *scopes: str) -> Api:
        """The API with a key of its own; for everything unless told."""
        made = self.api.post("/v1/keys", {"name": "Desk", "scopes": list(scopes) or ["*"]})
        assert made.status == 201, made.text
        return self.api.with_key(made.data["key"])

    def write(self, title: str | None = "One", type_: str = "news", **fields: Any) -> Any:
        """An entry, as a draft."""
        body = {"type": type_, "fields": {**({"title": title} if title else {}), **fields}}
        made = self.api.post(ENTRIES, body)
        assert made.status == 201, made.text
        return made.data

    def translate(self, entry: Any, title: str) -> Any:
        return self.save(entry, title, locale="de")

    def save(self, entry: Any, title: str, **more: Any) -> Any:
        path = f"{ENTRIES}/{entry['id']}"
        saved = self.api.patch(path, {"fields": {"title": title}, **more})
        assert saved.status == 200, saved.text
        return saved.data

    def draft(self, entry: Any, **params: str) -> Any:
        path = f"{ENTRIES}/{entry['id']}"
        return self.api.get(path, params={"status": "draft", **params}).data

    def live(self, entry: Any, locale: str = "en") -> str | None:
        """The title that readers see; None if they see no such entry."""
        path = f"{ENTRIES}/{entry['id']}"
        shown = self.api.get(path, params={"locale": locale})
        return shown.data["fields"]["title"] if shown.status == 200 else None

    def act(self, entry: Any, verb: str, client: Api | None = None, **body: Any) -> Answer:
        """An action on an entry as it is now."""
        version = self.draft(entry)["version"]
        path = f"{ENTRIES}/{entry['id']}/{verb}"
        return (client or self.api).post(path, {"version": version, **body})

    def done(self, entry: Any, verb: str, client: Api | None = None, **body: Any) -> Any:
        """An action that succeeds; its answer."""
        answer = self.act(entry, verb, client, **body)
        assert answer.status == 200, answer.text
        return answer.data

    def schedules(self, entry: Any) -> list[Any]:
        """The schedules of an entry, the first one first."""
        params = {"entryId": entry["id"], "sort": "at"}
        found: list[Any] = self.api.get(SCHEDULES, params=params).data
        return found

    def statuses(self, entry: Any) -> list[tuple[str, str]]:
        return [(one["action"], one["status"]) for one in self.schedules(entry)]

    def let_time_pass(self) -> None:
        """Have all that is planned be due, as if its time had come, in the order of the times."""
        for table in ("schedules", "releases"):
            self.owner.execute(
                f"UPDATE cms.{table} SET at = now() - interval '1 day'"
                " + (at - now()) / 100 WHERE tenant_id = %s AND status = 'scheduled'",
                self.tenant.tenant_id,
            )
        self.owner.execute(
            "UPDATE core.deliveries SET due_at = clock_timestamp() WHERE tenant_id = %s"
            " AND scheduled AND state = 'pending'",
            self.tenant.tenant_id,
        )

    def told(self, *types: str) -> list[str]:
        """The events about content, or those of some types, in their order."""
        rows = self.owner.rows(
            "SELECT type FROM core.events WHERE tenant_id = %s AND type LIKE 'content.%%'"
            " ORDER BY position",
            self.tenant.tenant_id,
        )
        names = [one.removeprefix("content.") for (one,) in rows]
        return [one for one in names if not types or one in types]


def _type(key: str, fields: list[Any], **more: Any) -> Any:
    shown = {"displayField": "title", "fields": fields}
    return {"key": key, "name": key.capitalize(), "pluralName": f"{key}s", **shown, **more}
