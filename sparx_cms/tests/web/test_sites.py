"""Sitemap, feed and robots.txt of a site: what everybody sees, and nothing that is not live."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from xml.etree import ElementTree

import pytest

from sparx_cms.feeds import sitemaps
from sparx_core.testing import Api

PATH = "/v1/cms/sites"
MAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


@pytest.fixture
def site(api: Api) -> Callable[..., Any]:
    """Makes a site and returns the path of its link: ``site(locale="en")``."""

    def make(client: Api | None = None, **more: Any) -> str:
        caller = client or api
        body = {"host": "www.Example.com", "title": "Lindgren & Söner", **more}
        made = caller.post(PATH, body)
        assert made.status == 201, made.text
        link: str = caller.post(f"{PATH}/{made.data['id']}/link").data["linkPath"]
        return link

    return make


def urls(anonymous: Api, link: str, **query: Any) -> list[str]:
    answer = anonymous.get(f"{link}/sitemap", params=query)
    assert answer.status == 200, answer.text
    root = ElementTree.fromstring(answer.body)
    return [one.text or "" for one in root.findall(".//s:loc", MAP)]


def test_a_sitemap_has_what_is_live(
    anonymous: Api, site: Callable[..., str], page: Callable[..., Any], draft: Callable[..., Any],
    change: Callable[..., Any], act: Callable[..., Any],
) -> None:  # fmt: skip
    link = site()
    first, second = page("Bücher", slug="bücher"), page("B", slug="b")
    draft("Secret", slug="secret")
    change(second, slug="moving")
    assert urls(anonymous, link) == [
        "https://www.example.com/blog/b", "https://www.example.com/blog/b%C3%BCcher"
    ]  # fmt: skip
    act(first, "unpublish")
    assert urls(anonymous, link) == ["https://www.example.com/blog/b"]


def test_a_sitemap_names_other_languages(
    anonymous: Api, site: Callable[..., str], page: Callable[..., Any],
    change: Callable[..., Any], publish: Callable[..., Any], create_locale: Callable[..., Any],
) -> None:  # fmt: skip
    create_locale("de")
    entry = page("Hello", slug="hello")
    publish(change(entry, "de", title="Hallo", slug="hallo"), locales=["de"])
    answer = anonymous.get(f"{site()}/sitemap")
    assert answer.headers["content-type"] == "application/xml"
    root = ElementTree.fromstring(answer.body)
    alternates = [(one.get("hreflang"), one.get("href")) for one in root.findall(".//x:link", MAP)]
    both = [
        ("de", "https://www.example.com/blog/hallo"),
        ("en", "https://www.example.com/blog/hello"),
    ]
    assert alternates == both * 2
    german = site(host="de.example.com", locale="de")
    assert urls(anonymous, german) == ["https://de.example.com/blog/hallo"]


def test_a_large_sitemap_has_an_index(
    anonymous: Api, site: Callable[..., str], page: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for slug in "abc":
        page(slug, slug=slug)
    monkeypatch.setattr(sitemaps, "MAX_URLS", 2)
    monkeypatch.setattr(sitemaps, "_PAGES", sitemaps._PAGES.replace("LIMIT 50000", "LIMIT 2"))
    link = site()
    host = "https://www.example.com"
    assert urls(anonymous, link) == [f"{host}/sitemap.xml?page=1", f"{host}/sitemap.xml?page=2"]
    assert urls(anonymous, link, page=1) == [f"{host}/blog/a", f"{host}/blog/b"]
    assert urls(anonymous, link, page=2) == [f"{host}/blog/c"]
    assert anonymous.get(f"{link}/sitemap", params={"page": 3}).status == 404


def test_a_feed_tells_of_the_newest(
    anonymous: Api, site: Callable[..., str], page: Callable[..., Any], change: Callable[..., Any]
) -> None:
    page("Old <b>", slug="old", excerpt="Fish & chips\u0001")
    new = page("New", slug="new")
    change(new, title="Newer, and a draft")
    answer = anonymous.get(f"{site()}/rss", params={"type": "article"})
    assert answer.headers["content-type"] == "application/rss+xml"
    channel = ElementTree.fromstring(answer.body)[0]
    assert channel.findtext("title") == "Lindgren & Söner"
    items = [(i.findtext("title"), i.findtext("link")) for i in channel.findall("item")]
    assert items == [
        ("New", "https://www.example.com/blog/new"),
        ("Old <b>", "https://www.example.com/blog/old"),
    ]
    assert channel.findall("item")[1].findtext("description") == "Fish & chips"
    assert channel.findall("item")[0].findtext("guid") == new["id"]


def test_robots_are_told(anonymous: Api, site: Callable[..., str]) -> None:
    link = site(disallowed=["/cart/", "/größe"])
    assert anonymous.get(f"{link}/robots").text == (
        "User-agent: *\nDisallow: /cart\nDisallow: /gr%C3%B6%C3%9Fe\n\n"
        "Sitemap: https://www.example.com/sitemap.xml\n"
    )
    closed = site(host="staging.example.com", indexed=False)
    assert anonymous.get(f"{closed}/robots").text == "User-agent: *\nDisallow: /\n"


def test_who_may_ask(
    api: Api, other_api: Api, anonymous: Api, site: Callable[..., str], page: Callable[..., Any],
    nothing_written: Callable[[], AbstractContextManager[None]],
) -> None:  # fmt: skip
    page("Hello", slug="hello")
    theirs = site(other_api)
    assert urls(anonymous, theirs) == []  # what is another tenant's is not in it
    mine = site()
    made = api.get(PATH).data[0]
    assert other_api.post(f"{PATH}/{made['id']}/link").status == 404
    again = api.post(f"{PATH}/{made['id']}/link").data["linkPath"]
    assert anonymous.get(f"{mine}/sitemap").status == 404  # there is a new one
    assert len(urls(anonymous, again)) == 1
    for query in ({"type": "nothing"}, {"type": "article", "locale": "xx"}):
        assert anonymous.get(f"{again}/rss", params=query).status == 404
    assert anonymous.get(f"{again}/sitemap", params={"page": "0"}).status in (400, 422)
    with nothing_written():
        assert api.post(PATH, {"host": "www.example.com", "title": "Twice"}).status == 409
        for wrong in (
            {"host": "a b"},
            {"locale": "xx"},
            {"disallowed": ["/../x"]},
            {"disallowed": [""]},
        ):
            body = {"host": "x.example", "title": "T", **wrong}
            assert api.post(PATH, body).status == 422
