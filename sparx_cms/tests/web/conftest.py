"""Pages to test with: entries that are live and have a path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api

ENTRIES = "/v1/cms/entries"
FIELDS = (
    {"key": "title", "type": "text", "required": True, "localized": True},
    {"key": "slug", "type": "slug", "localized": True, "sourceField": "title"},
    {"key": "excerpt", "type": "text", "localized": True},
    {"key": "body", "type": "longText", "localized": True},
)


@pytest.fixture
def articles(create_type: Callable[..., Any]) -> Any:
    """A content type whose pages are under /blog."""
    return create_type("article", FIELDS, urlPattern="/blog/{slug}")


@pytest.fixture
def draft(articles: Any, create_entry: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a draft: ``draft("Hello", body="World")``."""
    return lambda title, **fields: create_entry("article", {"title": title, **fields})


@pytest.fixture
def page(draft: Callable[..., Any], publish: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a page that is live: ``page("Hello", slug="hello")``."""
    return lambda title, **fields: publish(draft(title, **fields))


@pytest.fixture
def change(api: Api) -> Callable[..., Any]:
    """Changes fields of an entry's draft, as it is now, and returns it."""

    def patch(entry: Any, locale: str | None = None, **fields: Any) -> Any:
        body = {"fields": fields, **({} if locale is None else {"locale": locale})}
        answer = api.patch(f"{ENTRIES}/{entry['id']}", body)
        assert answer.status == 200, answer.text
        return answer.data

    return patch


@pytest.fixture
def move(change: Callable[..., Any], publish: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a page another slug, and publishes that."""

    def moved(entry: Any, slug: str, locale: str | None = None) -> Any:
        more = {} if locale is None else {"locales": [locale]}
        return publish(change(entry, locale, slug=slug), **more)

    return moved


@pytest.fixture
def act(api: Api) -> Callable[..., Any]:
    """Does something with an entry, as it is now: ``act(entry, "unpublish")``."""

    def call(entry: Any, action: str, **more: Any) -> Any:
        version = api.get(f"{ENTRIES}/{entry['id']}", params={"status": "draft"}).data["version"]
        answer = api.post(f"{ENTRIES}/{entry['id']}/{action}", {"version": version, **more})
        assert answer.status == 200, answer.text
        return answer.data

    return call
