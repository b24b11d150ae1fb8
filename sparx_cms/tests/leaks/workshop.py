"""A tenant full of what nobody may know yet, and of what readers see beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sparx_core.testing import Api

CMS, ENTRIES = "/v1/cms", "/v1/cms/entries"
#: Occurs in everything that is not live, and in nothing that is.
SECRET = "zyxwv"
#: Occurs in what was live once: events told of that, and nothing else does now.
GONE = "wvuts"
_NOTE = [
    {"key": "title", "type": "text", "required": True, "localized": True},
    {"key": "slug", "type": "slug", "localized": True},
    {"key": "rank", "type": "integer"},
    {"key": "code", "type": "text", "unique": True},
    {"key": "body", "type": "richText"},
    {"key": "friend", "type": "reference", "to": ["note"]},
    {"key": "image", "type": "media"},
    {"key": "retired", "type": "text"},
]


@dataclass
class Workshop:
    """What ``api`` made; ``hidden`` are ids of what is not live, by what they are."""

    api: Api
    shown: dict[str, Any] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)

    def fill(self) -> None:
        """Make all of it."""
        self._types()
        self._entries()
        self._changed()
        self._put_away()
        self._plans()
        self._site()
        self._retire_a_field()

    def made(self, path: str, body: Any = None, status: int = 201) -> Any:
        """What a request makes."""
        answer = self.api.post(f"{CMS}/{path}", {} if body is None else body)
        assert answer.status == status, answer.text
        return answer.data

    def done(self, entry: Any, verb: str, **body: Any) -> Any:
        """An action on an entry as it is now."""
        params = {"status": "draft"}
        version = self.api.get(f"{ENTRIES}/{entry['id']}", params=params).data["version"]
        return self.made(f"entries/{entry['id']}/{verb}", {"version": version, **body}, 200)

    def write(self, type_: str = "note", **fields: Any) -> Any:
        return self.made("entries", {"type": type_, "fields": fields})

    def save(self, entry: Any, **body: Any) -> Any:
        answer = self.api.patch(f"{ENTRIES}/{entry['id']}", body)
        assert answer.status == 200, answer.text
        return answer.data

    def file(self, name: str) -> str:
        """A file of the media library; its id."""
        data = b"%PDF-1.7\n" + name.encode()
        upload = self.made("uploads", {"filename": name, "size": len(data)})
        path = f"{CMS}/uploads/{upload['id']}"
        assert self.api.request("PUT", f"{path}/content", body=data).status == 200
        asset: str = self.api.post(f"{path}/complete").data["assetId"]
        return asset

    def _types(self) -> None:
        self.made("locales", {"code": "de", "name": "Deutsch"})
        note = {"key": "note", "name": "Note", "fields": _NOTE, "urlPattern": "/notes/{slug}"}
        self.shown["type"] = self.made("content-types", note)
        stages = [{"key": "desk", "name": "Desk"}, {"key": "legal", "name": "Legal"}]
        notice = {"key": "notice", "name": "Notice", "fields": _NOTE[:1], "stages": stages}
        self.made("content-types", notice)

    def _entries(self) -> None:
        """One that is live, and a draft that refers to it."""
        self.shown["entry"] = shown = self.write(
            title="Open", slug="open", rank=5, code="open", retired=GONE
        )
        self.done(shown, "publish")
        self.shown["other"] = other = self.write(title="Second", slug="second", rank=7)
        self.done(other, "publish")
        text = {"type": "doc", "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": SECRET}]}]}  # fmt: skip
        draft = self.write(
            title=f"Draft {SECRET}", slug=f"draft-{SECRET}", rank=6, code=SECRET, body=text,
            friend=shown["id"],
        )  # fmt: skip
        self.hidden["draft"] = draft["id"]

    def _changed(self) -> None:
        """The draft of what is live is something else: in both languages."""
        shown, hidden = self.shown["entry"], self.hidden["draft"]
        fields = {"title": f"Changed {SECRET}", "slug": f"changed-{SECRET}", "rank": 9}
        self.save(shown, fields={**fields, "friend": hidden, "code": f"{SECRET}-2"})
        self.save(shown, locale="de", fields={"title": f"Deutsch {SECRET}", "slug": SECRET})

    def _put_away(self) -> None:
        """What was live once, and is not: withdrawn, archived, in the trash."""
        for name in ("withdrawn", "archived", "trashed"):
            shown = self.shown["entry"]["id"]
            entry = self.write(title=f"{name} {GONE}", slug=f"{name}-{GONE}", friend=shown)
            self.hidden[name] = entry["id"]
            if name != "trashed":
                self.done(entry, "publish")
                self.done(entry, "unpublish")
        self.done({"id": self.hidden["archived"]}, "archive")
        answer = self.api.request("DELETE", f"{ENTRIES}/{self.hidden['trashed']}")
        assert answer.status == 200, answer.text

    def _plans(self) -> None:
        """What editors say and plan, about the draft and about what is live."""
        shown, draft = self.shown["entry"], {"id": self.hidden["draft"]}
        for about in (shown, draft):
            said = {"entryId": about["id"], "body": f"Says {SECRET}"}
            self.hidden[f"comment {about['id']}"] = self.made("comments", said)["id"]
            planned = self.done(about, "schedule", at="2030-01-01T08:00:00Z")
            self.hidden[f"schedule {about['id']}"] = planned["scheduleIds"][0]
            link = self.done(about, "preview")
            self.hidden[f"preview {about['id']}"] = link["previewId"]
            self.hidden[f"token {about['id']}"] = link["previewToken"]
            self.made(f"entries/{about['id']}/presence", {"activity": "editing"}, 200)
        release = self.made("releases", {"title": f"Release {SECRET}", "description": SECRET})
        self.hidden["release"] = release["id"]
        item = {"releaseId": release["id"], "entryId": draft["id"]}
        self.hidden["item"] = self.made("releases/items", item)["id"]
        notice = self.write("notice", title=f"Notice {SECRET}")
        self.hidden["notice"] = notice["id"]
        sent = self.done(notice, "submit", message=f"Please {SECRET}")
        self.hidden["review"] = sent["reviewId"]
        params = {"entryId": draft["id"]}
        for one in self.api.get(f"{CMS}/revisions", params=params).data:
            self.hidden[f"revision {one['id']}"] = one["id"]

    def _site(self) -> None:
        """A menu and a term of a draft, and a site."""
        items = [{"label": f"Menu {SECRET}", "entryId": self.hidden["draft"]}]
        self.hidden["menu"] = self.made("menus", {"key": "main", "name": "M", "items": items})["id"]
        topics = self.made("taxonomies", {"key": "topics", "name": "T", "pluralName": "T"})
        self.shown["term"] = term = self.made("terms", {"taxonomyId": topics["id"], "name": "Wood"})
        attached = {"entryId": self.hidden["draft"], "termId": term["id"]}
        self.hidden["entry term"] = self.made("entry_terms", attached)["id"]
        attached = {"entryId": self.shown["entry"]["id"], "termId": term["id"]}
        self.shown["entry term"] = self.made("entry_terms", attached)
        site = self.made("sites", {"host": "www.example.com", "title": "Notes"})
        self.shown["site"] = self.made(f"sites/{site['id']}/link", None, 200)

    def _retire_a_field(self) -> None:
        """What was live of a field that readers see no more."""
        type_ = self.shown["type"]
        fields = [
            {**one, "state": "omitted"} if one["key"] == "retired" else one
            for one in type_["fields"]
        ]
        answer = self.api.patch(f"{CMS}/content-types/{type_['id']}", {"fields": fields})
        assert answer.status == 200, answer.text

    def secrets(self) -> list[str]:
        """What nobody may read without the scope of drafts."""
        return [SECRET, GONE, *self.hidden.values()]
