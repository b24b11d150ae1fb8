"""Content types and entries to test with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api

#: A title, which is localized, and a slug that is made of it.
ARTICLE = (
    {"key": "title", "type": "text", "required": True, "localized": True},
    {"key": "slug", "type": "slug", "localized": True, "sourceField": "title"},
)


@pytest.fixture
def create_type(api: Api) -> Callable[..., Any]:
    """Creates a content type over the API and returns it: ``create_type("article", fields)``."""

    def create(
        key: str = "article", fields: Any = ARTICLE, client: Api | None = None, **more: Any
    ) -> Any:
        body = {"key": key, "name": key.capitalize(), "fields": list(fields), **more}
        answer = (client or api).post("/v1/cms/content-types", body)
        assert answer.status == 201, answer.text
        return answer.data

    return create


@pytest.fixture
def create_locale(api: Api) -> Callable[..., Any]:
    """Adds a locale over the API and returns it: ``create_locale("de", fallback="en")``."""

    def create(code: str, client: Api | None = None, **more: Any) -> Any:
        answer = (client or api).post("/v1/cms/locales", {"code": code, "name": code, **more})
        assert answer.status == 201, answer.text
        return answer.data

    return create


@pytest.fixture
def create_entry(api: Api) -> Callable[..., Any]:
    """Creates an entry over the API and returns its draft: ``create_entry("article", {"title":
    "Hello"})``.
    """

    def create(
        type: str = "article", fields: Any = None, client: Api | None = None, **more: Any
    ) -> Any:
        body = {"type": type, "fields": {"title": "Hello"} if fields is None else fields, **more}
        answer = (client or api).post("/v1/cms/entries", body)
        assert answer.status == 201, answer.text
        return answer.data

    return create


@pytest.fixture
def publish(api: Api) -> Callable[..., Any]:
    """Publishes an entry over the API, as it was last seen, and returns it."""

    def publish(entry: Any, client: Api | None = None, **more: Any) -> Any:
        path = f"/v1/cms/entries/{entry['id']}/publish"
        answer = (client or api).post(path, {"version": entry["version"], **more})
        assert answer.status == 200, answer.text
        return answer.data

    return publish
