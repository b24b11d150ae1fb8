"""The frame of every page: its head, its navigation, its foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sparx_core.surfaces.docs.html import Child, Html, element, together

STYLE_PATH = "/docs/style.css"
DOCUMENT_PATH = "/v1/openapi.json"

_PAGES = (
    ("/docs", "Overview"),
    ("/docs/reference", "Reference"),
    ("/docs/events", "Events"),
    ("/docs/errors", "Errors"),
)


@dataclass(frozen=True)
class Link:
    """A line of a page's own navigation; ``under`` is a heading that it comes under."""

    href: str
    text: Child
    under: str = ""


def page(path: str, title: str, version: str, content: Child, links: Sequence[Link] = ()) -> Html:
    """A whole page; ``links`` are beside its content, or above it where there is no room."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{title} · Sparx API"),
        element("link", rel="stylesheet", href=STYLE_PATH),
    )
    body = element(
        "body",
        element("a", "Skip to the content", class_="skip", href="#content"),
        _header(path, version),
        element(
            "div",
            _contents(links),
            element("main", content, id="content"),
            class_="page with-contents" if links else "page",
        ),
        _footer(version),
    )
    return together(Html("<!doctype html>\n"), element("html", head, body, lang="en"))


def _header(path: str, version: str) -> Html:
    links = [
        element(
            "a",
            text,
            href=href,
            aria_current="page" if _is_within(path, href) else None,
        )
        for href, text in _PAGES
    ]
    name = element("a", "Sparx", element("span", " API"), href="/docs", class_="name")
    return element("header", name, element("nav", links, aria_label="Documentation"))


def _is_within(path: str, href: str) -> bool:
    return path == href or (href != "/docs" and path.startswith(f"{href}/"))


def _contents(links: Sequence[Link]) -> Html:
    """Twice: beside the content, and folded above it for narrow screens."""
    if not links:
        return Html("")
    listed = _listed(links)
    return together(
        element("nav", listed, class_="contents", aria_label="On this page"),
        element("details", element("summary", "On this page"), listed, class_="contents-folded"),
    )


def _listed(links: Sequence[Link]) -> Html:
    groups: dict[str, list[Html]] = {}
    for one in links:
        entry = element("li", element("a", one.text, href=one.href))
        groups.setdefault(one.under, []).append(entry)
    return together(
        together(element("p", heading) if heading else None, element("ul", entries))
        for heading, entries in groups.items()
    )


def _footer(version: str) -> Html:
    document = element("a", "openapi.json", href=DOCUMENT_PATH)
    return element("footer", element("p", f"Sparx {version} · ", document))
