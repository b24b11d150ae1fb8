"""What is asked of a tenant's content: the reads of a site, and the writes of its editors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from benchmarks.cms.asking import Asked, Asker, Request
from benchmarks.cms.content import CmsPlan, sizes

ENTRIES = "/v1/cms/entries"
_ARTICLES = "type=article"
_INCLUDES = "include=author,category,tags"
#: Whatever the filter: few fields, so that finding rows is what is measured.
_FEW = "fields=id,fields.title"
PLAIN_GET = "get an entry"


def reads(plan: CmsPlan, ids: list[str]) -> Iterator[Asked]:
    """Each in turn, with another entry every time."""
    articles = sizes(plan.entries)["article"]

    def entry(number: int) -> str:
        return ids[number * 7919 % len(ids)]

    def slug(number: int) -> str:
        return f"article-{1 + number * 7919 % articles}"

    def listed(query: str) -> Request:
        return Request(ENTRIES, f"{_ARTICLES}&{query}")

    # Whatever it includes and narrows to, a list and a get are one message to the database.
    one = partial(Asked, messages_at_most=1)
    yield one(PLAIN_GET, lambda n: Request(f"{ENTRIES}/{entry(n)}"))
    yield one(
        "get with three includes",
        lambda n: Request(f"{ENTRIES}/{entry(n)}", f"{_ARTICLES}&{_INCLUDES}"),
    )
    yield one("list 50 of a type", lambda n: listed("take=50"))
    yield one("list 50, three includes", lambda n: listed(f"take=50&{_INCLUDES}"))
    yield one("in German, three includes", lambda n: listed(f"locale=de&{_INCLUDES}"))
    yield one("all types", lambda n: Request(ENTRIES, "take=50"))
    yield one("by slug", lambda n: listed(f"fields.slug={slug(n)}"))
    yield one("by slug, three includes", lambda n: listed(f"fields.slug={slug(n)}&{_INCLUDES}"))
    yield one("by slug in German", lambda n: listed(f"locale=de&fields.slug={slug(4 * n + 3)}"))
    yield one("number equal", lambda n: listed(f"fields.words={100 + n * 37 % 5000}&{_FEW}"))
    yield one("number in a narrow range", lambda n: listed(f"fields.words[gte]=5050&{_FEW}"))
    yield one("number in a wide range", lambda n: listed(f"fields.words[gte]=1000&{_FEW}"))
    yield one("day in a range", lambda n: listed(f"fields.day[gte]=2025-06-01&{_FEW}"))
    yield one("a word, 1 in 10", lambda n: listed(f"fields.mood=wild&{_FEW}"))
    yield one("two filters", lambda n: listed(f"fields.mood=wild&fields.words[lt]=500&{_FEW}"))
    yield one("sorted by number", lambda n: listed(f"sort=-fields.words&{_FEW}"))
    yield one(
        "narrow range, sorted", lambda n: listed(f"fields.words[gte]=5050&sort=fields.price&{_FEW}")
    )
    yield one("sorted by day of publication", lambda n: listed("sort=-publishedAt&take=50"))
    yield Asked(
        "search, a word of many", lambda n: Request("/v1/cms/search", "q=lantern&locale=en")
    )
    yield Asked(
        "search, words of few",
        lambda n: Request("/v1/cms/search", f"q={slug(n)[8:]}%20lantern&locale=en"),
    )
    yield Asked("what refers to an entry", lambda n: Request(f"{ENTRIES}/{entry(n)}/references"))
    yield Asked("sync, first page of 50", lambda n: Request("/v1/cms/sync", "locale=en&take=50"))
    yield Asked(
        "resolve a page",
        lambda n: Request("/v1/cms/redirects/resolve", f"path=/articles/{slug(n)}"),
    )
    yield Asked(
        "resolve a redirect",
        lambda n: Request(
            "/v1/cms/redirects/resolve", f"path=/old/{1 + n * 7919 % plan.redirects}"
        ),
    )


class Editing:
    """Editors' requests: each needs entries as the one before left them."""

    def __init__(self, asker: Asker, plan: CmsPlan, ids: list[str]) -> None:
        self.asker, self.plan, self.ids = asker, plan, ids

    def writes(self) -> Iterator[Asked]:
        yield Asked("create a draft", self._create)
        yield Asked("create, title taken", self._create_taken)
        yield Asked("create, slug taken", self._refused)
        yield Asked("save a draft", self._save)
        yield Asked("publish", self._publish)
        yield Asked("publish first time", self._publish_new)
        yield Asked("publish, slug moved", self._publish_moved)
        yield Asked("unpublish", self._unpublish)
        yield Asked("schedule", self._schedule)

    def _entry(self, number: int) -> str:
        # Others than those that are read.
        return self.ids[-1 - number * 6007 % (len(self.ids) // 2)]

    def _create(self, number: int) -> Request:
        fields = {"title": f"New {number}", "words": number, "author": self._author()}
        return Request(ENTRIES, "", "POST", {"type": "article", "fields": fields}, 201)

    def _create_taken(self, number: int) -> Request:
        fields = {"title": f"article {number + 1}"}  # becomes article-n, which is taken
        return Request(ENTRIES, "", "POST", {"type": "article", "fields": fields}, 201)

    def _refused(self, number: int) -> Request:
        fields = {"title": "Taken", "slug": f"article-{number + 1}"}
        return Request(ENTRIES, "", "POST", {"type": "article", "fields": fields}, 409)

    def _save(self, number: int) -> Request:
        return self._saving(self._entry(number), title=f"Saved {number}")

    def _publish(self, number: int) -> Request:
        entry = self._entry(10_000 + number)
        self._sent(self._saving(entry, title=f"Published {number}"))
        return self._publishing(entry)

    def _publish_new(self, number: int) -> Request:
        made = self._sent(self._create(50_000 + number))["data"]
        return self._publishing(made["id"])

    def _publish_moved(self, number: int) -> Request:
        entry = self._entry(20_000 + number)
        self._sent(self._saving(entry, slug=f"moved-{number}"))
        return self._publishing(entry)

    def _unpublish(self, number: int) -> Request:
        made = self._sent(self._create(60_000 + number))["data"]
        self._sent(self._publishing(made["id"]))
        return self._acting(made["id"], "unpublish")

    def _schedule(self, number: int) -> Request:
        entry = self._entry(30_000 + number)
        at = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
        body = {"version": self._version(entry), "action": "unpublish", "at": at}
        return Request(f"{ENTRIES}/{entry}/schedule", "", "POST", body)

    def _author(self) -> str:
        found = self.asker.send("GET", ENTRIES, query="type=author&take=1")["data"]
        return str(found[0]["id"])

    def _saving(self, entry: str, **fields: str) -> Request:
        body = {"version": self._version(entry), "fields": fields}
        return Request(f"{ENTRIES}/{entry}", "", "PATCH", body)

    def _publishing(self, entry: str) -> Request:
        return self._acting(entry, "publish")

    def _acting(self, entry: str, verb: str) -> Request:
        return Request(f"{ENTRIES}/{entry}/{verb}", "", "POST", {"version": self._version(entry)})

    def _version(self, entry: str) -> int:
        return int(
            self.asker.send("GET", f"{ENTRIES}/{entry}", query="status=draft")["data"]["version"]
        )

    def _sent(self, request: Request) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = self.asker.send(
            request.method, request.path, request.body, request.status
        )
        return found
