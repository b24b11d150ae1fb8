"""A tenant's entries, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from sparx_core.testing import Answer, Api

Made = dict[str, Any]
PATH = "/v1/cms/entries"

_TITLE = {"key": "title", "label": "Title", "type": "text", "required": True, "localized": True}
_SLUG = {
    "key": "slug", "label": "Slug", "type": "slug", "localized": True, "unique": True,
    "sourceField": "title",
}  # fmt: skip
#: Articles have pages, their writers have none.
TYPES: list[Made] = [
    {
        "key": "writer",
        "name": "Writer",
        "displayField": "name",
        "fields": [{"key": "name", "label": "Name", "type": "text", "required": True}],
    },
    {
        "key": "article",
        "name": "Article",
        "displayField": "title",
        "urlPattern": "/articles/{slug}",
        "fields": [
            _TITLE,
            _SLUG,
            {"key": "sku", "label": "SKU", "type": "text", "unique": True},
            {"key": "writer", "label": "Writer", "type": "reference", "to": ["writer"]},
            {"key": "related", "label": "Related", "type": "reference", "multiple": True},
        ],
    },
]


ABOUT = {
    "key": "about",
    "name": "About",
    "kind": "singleton",
    "fields": [{"key": "text", "label": "Text", "type": "text"}],
}


class Desk:
    """Who writes and publishes for a tenant: articles in English and German, and their writers."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def add_types(self, *types: Made) -> None:
        for one in types:
            _done(self.api.post("/v1/cms/content-types", one), 201)

    def add_german(self) -> None:
        german = {"code": "de", "name": "Deutsch", "fallback": "en"}
        _done(self.api.post("/v1/cms/locales", german), 201)

    def ask(self, locale: str | None = None, type: str = "article", **fields: Any) -> Answer:
        """Ask for a new entry."""
        body: Made = {"type": type, "fields": fields}
        return self.api.post(PATH, body if locale is None else {**body, "locale": locale})

    def make(self, locale: str | None = None, type: str = "article", **fields: Any) -> Made:
        """A new entry."""
        return _done(self.ask(locale, type, **fields), 201)

    def save(self, entry: Made, locale: str | None = None, **fields: Any) -> Made:
        """Change fields of an entry's draft."""
        body: Made = {"fields": fields}
        body |= {} if locale is None else {"locale": locale}
        return _done(self.api.patch(f"{PATH}/{entry['id']}", body))

    def tell(self, entry: Made, verb: str, **body: Any) -> Answer:
        """Ask for something to be done with an entry, as it is now."""
        body.setdefault("version", self.draft(entry)["version"])
        return self.api.post(f"{PATH}/{entry['id']}/{verb}", body)

    def do(self, entry: Made, verb: str, **body: Any) -> Made:
        """Do something with an entry."""
        return _done(self.tell(entry, verb, **body))

    def publish(self, entry: Made, **body: Any) -> Made:
        return self.do(entry, "publish", **body)

    def draft(self, entry: Made, **params: str) -> Made:
        """An entry as those see it who work on it."""
        return _done(self.read(entry, status="draft", **params))

    def live(self, entry: Made, **params: str) -> Made:
        """An entry as readers see it."""
        return _done(self.read(entry, **params))

    def read(self, entry: Made, **params: str) -> Answer:
        return self.api.get(f"{PATH}/{entry['id']}", params=params)

    def revisions(self, entry: Made) -> list[Made]:
        """The revisions of an entry, oldest first."""
        found = self.api.get("/v1/cms/revisions", params={"entryId": entry["id"], "take": 100})
        return list(reversed(found.data))


def _done(answer: Answer, status: int = 200) -> Made:
    assert answer.status == status, answer.text
    made: Made = answer.data
    return made


def at_once(work: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """What each of several calls answers that begin together."""
    barrier = Barrier(len(work))

    def run(one: Callable[[], Answer]) -> Answer:
        barrier.wait()
        return one()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))
