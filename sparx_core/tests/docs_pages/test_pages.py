"""The pages at ``/docs``: complete, well-formed, self-contained, and safe with any docstring."""

from __future__ import annotations

import re
import types
from decimal import Decimal
from html.parser import HTMLParser
from importlib.metadata import version
from typing import Any

import falcon
import pytest
from peewee import TextField

from sparx_core import (
    ApiError,
    Event,
    Module,
    ObjectSchema,
    Resource,
    ResourceSchema,
    TenantModel,
    Text,
    hookimpl,
)
from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.surfaces.docs.html import Html, element, inline, prose, together
from sparx_core.surfaces.docs.routes import add_pages
from sparx_core.surfaces.docs.samples import coloured, curl, plain
from sparx_core.surfaces.openapi.document import documents_of
from sparx_core.testing import Answer, Api

from ..probe import declared as probe
from ..read.shop import declared as shop

VOID = {"br", "hr", "link", "meta"}
FIXED = ["/docs", "/docs/reference", "/docs/events", "/docs/errors"]


def registry_of(*installed: Installed) -> Registry:
    core = Installed(core_module, "sparx-core", version("sparx-core"))
    return Registry([core, *installed])


def client(registry: Registry) -> Api:
    """The pages of a registry, and nothing else."""
    app: falcon.App[Any, Any] = falcon.App()
    add_pages(app, documents_of(registry))
    return Api(app)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_of(*probe.INSTALLED, *shop.INSTALLED)


@pytest.fixture(scope="module")
def pages(registry: Registry) -> dict[str, Answer]:
    """Every page by its path."""
    paths = [*FIXED, *(f"/docs/reference/{key}" for key in registry.modules)]
    return {path: client(registry).get(path) for path in paths}


class Reader(HTMLParser):
    """Reads a page as a browser would not: whatever is not closed in order fails the test."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, attrs)
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name in ("href", "src"):
                self.links.append(str(value))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())


def test_pages_are_html(pages: dict[str, Answer]) -> None:
    for path, page in pages.items():
        assert page.status == 200, path
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.headers["Cache-Control"] == "no-cache"
        assert page.text.startswith('<!doctype html>\n<html lang="en">'), path
        reader = Reader(page.text)
        assert {"html", "head", "body", "header", "main", "footer", "title"} <= reader.tags
        assert len(reader.ids) == len(set(reader.ids)), path
        assert page.text.count("<h1>") == 1


def test_pages_need_nothing_from_elsewhere(pages: dict[str, Answer], registry: Registry) -> None:
    for path, page in pages.items():
        reader = Reader(page.text)
        assert not reader.tags & {"script", "iframe", "img", "style", "form", "object", "base"}
        assert not [name for name, _ in reader.attributes if name.startswith("on")], path
        assert not [name for name, _ in reader.attributes if name in ("style", "src")], path
        for link in reader.links:
            assert re.match(r"(#|/docs|/v1/openapi\.json$)", link), (path, link)
            assert not link.startswith("//")
    style = client(registry).get("/docs/style.css")
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"
    assert not re.search(r"url\(|@import|https?:|//", style.text)
    assert "prefers-color-scheme: dark" in style.text


def test_links_lead_somewhere(pages: dict[str, Answer]) -> None:
    ids = {path: set(Reader(page.text).ids) for path, page in pages.items()}
    followed = 0
    for path, page in pages.items():
        for link in Reader(page.text).links:
            to, _, anchor = link.partition("#")
            if to in ("/docs/style.css", "/v1/openapi.json"):
                continue
            assert (to or path) in pages, (path, link)
            assert not anchor or anchor in ids[to or path], (path, link)
            followed += 1
    assert followed > 500


def test_pages_allow_nothing_but_our_style_sheet(pages: dict[str, Answer]) -> None:
    for page in pages.values():
        assert page.headers["Content-Security-Policy"] == (
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
            " frame-ancestors 'none'"
        )
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "no-referrer"


def test_reference_has_every_operation_with_all_that_belongs_to_it(
    pages: dict[str, Answer], registry: Registry
) -> None:
    index = Reader(pages["/docs/reference"].text)
    content = documents_of(registry).everything().content
    for path, methods in content["paths"].items():
        for method, operation in methods.items():
            name, (module,) = operation["operationId"], operation["tags"]
            assert f"/docs/reference/{module}#{name}" in index.links
            page = pages[f"/docs/reference/{module}"].text
            article = page.partition(f'<article id="{name}">')[2].partition("</article>")[0]
            words = Reader(article).words
            assert f"{method.upper()}{path}" in words.replace(" ", ""), name
            assert operation["summary"].rstrip(".").replace("`", "") in words, name
            for (scope,) in (
                scopes for one in operation["security"] for scopes in one.values() if scopes
            ):
                assert scope in words, name
            for parameter in operation.get("parameters", []):
                shared = parameter.get("$ref", "").rpartition("/")[2]
                told = content["components"]["parameters"][shared] if shared else parameter
                assert told["name"].partition("[")[0] in words, (name, parameter)
            for response in operation["responses"].values():
                component = response.get("$ref", "").rpartition("/")[2]
                examples = content["components"]["responses"].get(component, {}).get("content", {})
                for code in examples.get("application/json", {}).get("examples", {}):
                    assert f'href="/docs/errors#{code}"' in article, (name, code)
            assert "curl " in words, name
            assert ("Authorization: Bearer $KEY" in words) == (
                operation["security"] not in ([], [{}, {"apiKey": []}])
            )
            for event in operation.get("x-sparx-emits", []):
                assert f'href="/docs/events#{event}"' in article


def test_reference_has_every_field(pages: dict[str, Answer], registry: Registry) -> None:
    page = pages["/docs/reference/shop"].text
    create = page.partition('<article id="shop.products.create">')[2].partition("</article>")[0]
    body, _, answer = create.partition("<details")
    schemas = documents_of(registry).everything().content["components"]["schemas"]
    for name in schemas["ShopProductCreate"]["properties"]:
        assert f"<code>{name}</code>" in body, name
    for name in ("parts[].sku", "parts[].originId", "photos[].url"):
        assert f"<code>{name}</code>" in body, name
        assert f"<code>{name}</code>" in answer, name
    for name in schemas["ShopProduct"]["properties"]:
        assert f"<code>{name}</code>" in answer, name
    assert 'href="/docs/reference/perks#perks.perks.get"' in answer
    key = pages["/docs/reference/core"].text
    created = key.partition('<article id="core.keys.create">')[2].partition("</article>")[0]
    assert "<code>key</code>" in created
    assert "sk_live_" in created


def test_catalogues_have_every_event_and_code(pages: dict[str, Answer], registry: Registry) -> None:
    events, errors = pages["/docs/events"], pages["/docs/errors"]
    assert set(registry.events) <= set(Reader(events.text).ids)
    for event in registry.events.values():
        told = " ".join(event.documentation().partition(".")[0].replace("`", "").split())
        assert told in Reader(events.text).words
    assert "GET /v1/events/feed" in Reader(events.text).words
    assert set(registry.errors) <= set(Reader(errors.text).ids)
    for code, error in registry.errors.items():
        article = errors.text.partition(f'<article id="{code}">')[2].partition("</article>")[0]
        assert f">{error.status}<" in article
        assert error.message in Reader(article).words


def test_overview_leads_to_everything(pages: dict[str, Answer], registry: Registry) -> None:
    links = set(Reader(pages["/docs"].text).links)
    assert {"/docs/reference", "/docs/events", "/docs/errors", "/v1/openapi.json"} <= links
    assert {f"/docs/reference/{key}" for key in registry.modules} <= links
    assert 'curl "$SPARX/v1/me"' in Reader(pages["/docs"].text).words


def test_page_is_sent_once_to_each_client(registry: Registry) -> None:
    for path in (*FIXED, "/docs/reference/probe", "/docs/style.css"):
        first = client(registry).get(path)
        again = client(registry).get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status, again.body) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        told = client(registry).request("HEAD", path)
        assert (told.status, told.body) == (200, b"")
        assert told.headers["Content-Length"] == first.headers["Content-Length"]


# -- in the application ------------------------------------------------------------------------


def test_pages_need_no_key(anonymous: Api) -> None:
    for path in (*FIXED, "/docs/reference/core", "/docs/reference/probe"):
        answer = anonymous.get(path, headers={"Authorization": "Bearer nonsense"})
        assert answer.status == 200
        assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "path", ["/docs/", "/docs/nothing", "/docs/reference/nothing", "/docs/reference/probe/x",
             "/docs/reference/..", "/docs/reference/%3Cscript%3E", "/docs/style.css/x"],
)  # fmt: skip
def test_page_that_is_not_there(anonymous: Api, path: str) -> None:
    answer = anonymous.get(path)
    assert (answer.status, answer.error["code"]) == (404, "not_found")
    assert "script" not in answer.text


def test_pages_cannot_be_written(anonymous: Api) -> None:
    assert anonymous.post("/docs").error["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", [*FIXED, "/docs/style.css", "/docs/reference/{module}",
                                  "/v1/openapi.json"])  # fmt: skip
def test_module_cannot_take_a_page(path: str) -> None:
    plugin = types.SimpleNamespace(sparx_routes=hookimpl(lambda: [(path, object())]))
    taken = Module(key="thief", title="Thief", package="thief", plugin=plugin)
    with pytest.raises(Exception, match=re.escape(f"route {path!r}")):
        registry_of(Installed(taken, "sparx-thief", "1.0.0"))


# -- hostile words -----------------------------------------------------------------------------

HOSTILE = '</p><script>alert("x")</script><img src=x onerror=alert(1)> & `</code><b>` \'"'


class Vile(TenantModel):
    name = TextField()

    class Meta:
        schema = "vile"
        table_name = "things"


class VileSchema(ResourceSchema):
    name = Text(required=True, metadata={"example": f"O'Neill {HOSTILE}", "description": HOSTILE})


class ThingVile(Event):
    name, resource = "thing.vile", "vile.things"


class VileError(ApiError):
    code, status, message = "vile", 409, HOSTILE


for documented in (VileSchema, ThingVile, VileError):
    documented.__doc__ = f"A sentence. {HOSTILE}"


def vile() -> Registry:
    things = Resource("things", Vile, VileSchema, filters=("name",), sorts=("name",))

    def create(ctx: Any, data: Any) -> None: ...

    create.__doc__ = f"Make one. {HOSTILE}"
    things.create(emits=[ThingVile], answer=type("HostileSchema", (ObjectSchema,), {
        "__doc__": HOSTILE, "x": Text(data_key=HOSTILE, required=True)}))(create)  # fmt: skip
    hooks = {
        "sparx_models": lambda: [Vile],
        "sparx_resources": lambda: [things],
        "sparx_events": lambda: [ThingVile],
        "sparx_errors": lambda: [VileError],
    }
    plugin = types.SimpleNamespace(**{name: hookimpl(hook) for name, hook in hooks.items()})
    found = Module(key="vile", title=HOSTILE, package="vile", plugin=plugin, description=HOSTILE)
    return registry_of(Installed(found, "sparx-vile", "1.0.0"))


def test_hostile_words_stay_words() -> None:
    registry = vile()
    for path in (*FIXED, "/docs/reference/vile", "/docs/reference/core"):
        page = client(registry).get(path).text
        reader = Reader(page)
        assert not reader.tags & {"script", "img", "b"}, path
        assert not [name for name, _ in reader.attributes if name.startswith("on")], path
        assert "<script" not in page
    words = Reader(client(registry).get("/docs/reference/vile").text).words
    assert words.count('<script>alert("x")</script>') >= 4
    # In the shell, too, the example stays one argument.
    assert "O'\\''Neill" in words


def test_parts_of_a_page_escape_what_is_not_html() -> None:
    assert element("p", "<b>", Html("<i>x</i>")) == "<p>&lt;b&gt;<i>x</i></p>"
    assert element("a", href='"><script>', class_="x") == (
        '<a href="&quot;&gt;&lt;script&gt;" class="x"></a>'
    )
    assert inline("a `<b>` c") == "a <code>&lt;b&gt;</code> c"
    assert prose("one\n\n<two>") == "<p>one</p><p>&lt;two&gt;</p>"
    assert together("<", ["&", None], Html("<br>")) == "&lt;&amp;<br>"
    assert coloured(["<a>", {"</span>": None}]) == (
        '[<span class="s">&quot;&lt;a&gt;&quot;</span>,'
        ' { <span class="k">&quot;&lt;/span&gt;&quot;</span>: <span class="l">null</span> }]'
    )


def test_samples() -> None:
    value = {"total": Decimal("2316.00"), "rate": Decimal("1E+2"), "yes": True}
    assert plain(value) == '{ "total": 2316.00, "rate": 100, "yes": true }'
    assert plain({"rows": [{"a": 1}], "none": None, "text": "<span>"}) == (
        '{\n  "rows": [{ "a": 1 }],\n  "none": null,\n  "text": "<span>"\n}'
    )
    assert curl("GET", "/health", key=False) == 'curl "$SPARX/health"'
    assert curl("DELETE", "/v1/keys/x") == (
        'curl "$SPARX/v1/keys/x" -X DELETE \\\n  -H "Authorization: Bearer $KEY"'
    )
    assert curl("POST", "/v1/x", {"name": "it's"}).endswith("-d '{ \"name\": \"it'\\''s\" }'")
