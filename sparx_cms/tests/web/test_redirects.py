"""Redirects by hand: their one form, no loops and no chains, and what a path leads to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Thread
from typing import Any

import pytest

from sparx_cms.redirects.paths import NotAPath, as_location, source_path, target_path
from sparx_core.testing import Api, DeliveryRun

PATH = "/v1/cms/redirects"
RESOLVE = f"{PATH}/resolve"


@pytest.fixture
def redirect(api: Api) -> Callable[..., Any]:
    """Makes a redirect: ``redirect("/a", toPath="/b")``."""

    def make(from_path: str, client: Api | None = None, **more: Any) -> Any:
        answer = (client or api).post(PATH, {"fromPath": from_path, **more})
        assert answer.status == 201, answer.text
        return answer.data

    return make


@pytest.fixture
def led(api: Api) -> Callable[..., Any]:
    """Where a path leads to: ``(301, "/b")``, or None."""

    def resolve(path: str, **more: Any) -> Any:
        answer = api.get(RESOLVE, params={"path": path, **more})
        if answer.status == 404:
            return None
        return answer.data["statusCode"], answer.data["location"]

    return resolve


# -- paths, with the cases of Wagtail's redirects -----------------------------------------------

HELLO = "/Hello/world.html;fizz=three;buzz=five?foo=Bar&Baz=quux2"


@pytest.mark.parametrize(
    "same",
    [
        "http://mywebsite.com:8000/Hello/world.html;fizz=three;buzz=five?foo=Bar&Baz=quux2",
        "Hello/world.html;fizz=three;buzz=five?foo=Bar&Baz=quux2",
        "Hello/world.html/;fizz=three;buzz=five?foo=Bar&Baz=quux2",
        "/Hello/world.html;fizz=three;buzz=five?foo=Bar&Baz=quux2#cool",
        "/Hello/world.html;fizz=three;buzz=five?Baz=quux2&foo=Bar",
        "/Hello/world.html;buzz=five;fizz=three?foo=Bar&Baz=quux2",
        "  /Hello/world.html;fizz=three;buzz=five?foo=Bar&Baz=quux2  ",
        "/Hello//world.html;fizz=three;buzz=five?foo=Bar&Baz=quux2",
        "/%48ello/world.html;fizz=three;buzz=five?foo=%42ar&Baz=quux2",
    ],
)
def test_these_are_one_path(same: str) -> None:
    assert source_path(same) == source_path(HELLO)


@pytest.mark.parametrize(
    "other",
    [
        "/hello/world.html;fizz=three;buzz=five?foo=Bar&Baz=quux2",
        "/Hello/world;fizz=three;buzz=five?foo=Bar&Baz=quux2",
        "/Hello/world.html;fizz=three;buzz=five?foo=bar&Baz=Quux2",
        "/Hello/world.html;fizz=three;buzz=five?foo=Bar&baz=quux2",
        "/Hello/world.html;fizz=three;buzz=Five?foo=Bar&Baz=quux2",
        "/Hello/world.html;Fizz=three;buzz=five?foo=Bar&Baz=quux2",
        "/Hello/world.html?foo=Bar&Baz=quux2",
        "/Hello/WORLD.html;fizz=three;buzz=five?foo=Bar&Baz=quux2",
        "/Hello/world.htm;fizz=three;buzz=five?foo=Bar&Baz=quux2",
    ],
)
def test_these_are_others(other: str) -> None:
    assert source_path(other) != source_path(HELLO)


def test_what_is_encoded_without_need_is_decoded() -> None:
    assert source_path("/here/t%C3%A9sting-%c3%bcnicode") == "/here/tésting-ünicode"
    assert source_path("/te\u0301st") == "/tést"  # composed
    assert source_path("/a%2Fb") == "/a%2Fb"  # a slash inside a segment is none
    assert source_path("/") == source_path("") == "/"
    for rubbish in ("This is not a URL", "//////hello/world", "!#@%$*", "C:\\Program (x86)\\f.txt"):
        assert source_path(source_path(rubbish)) == source_path(rubbish)


@pytest.mark.parametrize("text", ["/test%00test", "/a\0", "/%ff", "/a/../b", "/" + "x" * 2_000])
def test_these_are_no_paths(text: str) -> None:
    with pytest.raises(NotAPath):
        source_path(text)


@pytest.mark.parametrize(
    "text", ["//evil.example/x", "/\\evil.example", "x", "javascript:alert(1)"]
)
def test_a_target_stays_on_the_site(api: Api, text: str) -> None:
    with pytest.raises(NotAPath):
        target_path(text)
    refused = api.post(PATH, {"fromPath": "/a", "toPath": text})
    assert refused.status == 422
    assert refused.error["details"][0]["field"] == "toPath"


def test_a_target_keeps_its_query_and_its_fragment() -> None:
    assert target_path("/b/?z=1&a=2+3#top") == "/b?z=1&a=2%203#top"
    assert as_location(target_path("/bücher?q=ä")) == "/b%C3%BCcher?q=%C3%A4"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://", "https://a b/", "https://u:p@x.example/", "ftp://x/"]
)
def test_only_web_addresses_are_targets(
    api: Api, nothing_written: Callable[[], AbstractContextManager[None]], url: str
) -> None:
    with nothing_written():
        assert api.post(PATH, {"fromPath": "/a", "toUrl": url}).status == 422


# -- what a path leads to ------------------------------------------------------------------------


def test_a_redirect_is_found_whatever_the_path_looks_like(
    redirect: Callable[..., Any], led: Callable[..., Any]
) -> None:
    redirect("/redirectme", toPath="/redirectto")
    redirect("/tésting-ünicode", toUrl="https://www.example.com/x?y=1", statusCode=302)
    assert led("/redirectme/") == led("redirectme?utm_source=x") == (301, "/redirectto")
    assert led("/t%c3%a9sting-%C3%BCnicode/") == (302, "https://www.example.com/x?y=1")
    assert led("/Redirectme") is None
    assert led("/test%00test") is None


def test_a_query_comes_first_and_then_a_host(
    redirect: Callable[..., Any], led: Callable[..., Any]
) -> None:
    other = "other.example.com"
    redirect("/xmas?foo=Bar", toPath="/generic-with-query")
    redirect("/xmas?foo=Bar", toPath="/specific-with-query", host=other)
    redirect("/xmas", toPath="/generic")
    redirect("/xmas", toPath="/specific", host="OTHER.example.com:8080")
    assert led("/xmas/?foo=Bar") == (301, "/generic-with-query")
    assert led("/xmas/?foo=Baz") == (301, "/generic")
    assert led("/xmas/?foo=Bar", host=other) == (301, "/specific-with-query")
    assert led("/xmas/?foo=Baz", host=other) == (301, "/specific")
    assert led("/xmas/?foo=Baz", host="third.example.com") == (301, "/generic")


def test_a_query_goes_along_if_it_is_preserved(
    redirect: Callable[..., Any], led: Callable[..., Any]
) -> None:
    redirect("/a", toPath="/b?c=1#d", preserveQuery=True)
    redirect("/e", toPath="/f")
    assert led("/a?x=ä") == (301, "/b?c=1&x=%C3%A4#d")
    assert led("/e?x=1") == (301, "/f")


def test_what_is_switched_off_leads_nowhere(
    api: Api, redirect: Callable[..., Any], led: Callable[..., Any]
) -> None:
    made = redirect("/a", toPath="/b")
    path = f"{PATH}/{made['id']}"
    assert api.patch(path, {"enabled": False}).status == 200
    assert led("/a") is None
    assert api.patch(path, {"enabled": True, "toUrl": "https://x.example/"}).data["toPath"] is None
    assert led("/a") == (301, "https://x.example/")
    assert api.delete(path).status == 200
    assert led("/a") is None


def test_a_redirect_to_another_host_does_not_lead_back_there(
    redirect: Callable[..., Any], led: Callable[..., Any]
) -> None:
    redirect("/hello", toUrl="https://new.example.com/hello/")
    assert led("/hello", host="old.example.com") == (301, "https://new.example.com/hello/")
    assert led("/hello", host="new.example.com") is None


# -- loops and chains ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"fromPath": "/b/", "toPath": "/b"}, "redirect_loop"),
        ({"fromPath": "/a", "toPath": "/z"}, "redirect_exists"),
        ({"fromPath": "/x", "toPath": "/x?y=1"}, "redirect_loop"),
        ({"fromPath": "/b", "toPath": "/a"}, "redirect_loop"),
        ({"fromPath": "/b", "toPath": "/a#x"}, "redirect_loop"),
        ({"fromPath": "/x", "toPath": "/a"}, "redirect_chain"),
        ({"fromPath": "/x", "toPath": "/a?y=1"}, "redirect_chain"),
        ({"fromPath": "/b", "toUrl": "https://elsewhere.example/"}, "redirect_chain"),
        ({"fromPath": "/b", "toPath": "/a", "host": "www.example.com"}, "redirect_loop"),
        (
            {"fromPath": "/c", "toUrl": "https://w.example/c", "host": "w.example"},
            "redirect_loop",
        ),
        ({"fromPath": "/A/../a"}, "validation_error"),
        ({"fromPath": " ", "toPath": "/y"}, "validation_error"),
        ({"fromPath": "/x"}, "validation_error"),
        ({"fromPath": "/x", "toPath": "/y", "toUrl": "https://x.example/"}, "validation_error"),
        ({"fromPath": "/x", "toPath": "/y", "toLocale": "de"}, "validation_error"),
        ({"fromPath": "/x", "toPath": "/y", "statusCode": 304}, "validation_error"),
        ({"fromPath": "/x", "toPath": "/y", "host": "not a host"}, "validation_error"),
    ],
)
def test_refused_redirects(
    api: Api,
    redirect: Callable[..., Any],
    nothing_written: Callable[[], AbstractContextManager[None]],
    sent: dict[str, Any],
    code: str,
) -> None:
    redirect("/a", toPath="/b")
    with nothing_written():
        assert api.post(PATH, sent).error["code"] == code


def test_a_redirect_leads_to_a_language_that_there_is(
    api: Api,
    redirect: Callable[..., Any],
    nothing_written: Callable[[], AbstractContextManager[None]],
) -> None:
    body = {"type": "page", "fields": {"title": "Page"}}
    entry = api.post("/v1/cms/entries", body).data["id"]
    made = redirect("/a", toEntryId=entry, toLocale="en")
    with nothing_written():
        for refused in (
            api.post(PATH, {"fromPath": "/b", "toEntryId": entry, "toLocale": "xx"}),
            api.patch(f"{PATH}/{made['id']}", {"toLocale": "xx"}),
        ):
            assert (refused.status, refused.error["details"][0]["field"]) == (422, "toLocale")


def test_a_redirect_is_not_changed_into_a_loop(
    api: Api,
    redirect: Callable[..., Any],
    nothing_written: Callable[[], AbstractContextManager[None]],
) -> None:
    redirect("/a", toPath="/b")
    off = redirect("/b", toPath="/a", enabled=False)
    with nothing_written():
        refused = api.patch(f"{PATH}/{off['id']}", {"enabled": True})
    assert refused.error["code"] == "redirect_loop"
    assert refused.error["details"]["path"] == ["/b", "/a", "/b"]


def test_hosts_that_nobody_asks_together_do_not_meet(redirect: Callable[..., Any]) -> None:
    redirect("/a", toPath="/b", host="one.example")
    redirect("/b", toPath="/a", host="two.example")


def test_two_at_once_make_no_loop(api: Api) -> None:
    bodies = [{"fromPath": "/a", "toPath": "/b"}, {"fromPath": "/b", "toPath": "/a"}]
    answers: list[int] = []
    threads = [
        Thread(target=lambda body=body: answers.append(api.post(PATH, body).status))
        for body in bodies * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] + [409] * 5


# -- many, events and other tenants ---------------------------------------------------------------


def test_a_file_as_wagtail_exports_it(api: Api, run_events: DeliveryRun) -> None:
    rows = ["from,to", "/hello/,/world", "http://old.example/bye,https://x.example/bye",
            "/hello,/again", "/world,/hello", "/t,//evil.example"]  # fmt: skip
    query = {"mapping[from]": "fromPath", "mapping[to]": "to"}
    job = api.request(
        "POST", f"{PATH}/import", body="\n".join(rows).encode(), params=query,
        headers={"Content-Type": "text/csv"},
    ).data  # fmt: skip
    run_events()
    done = api.get(f"/v1/jobs/{job['id']}").data
    assert (done["rowsSucceeded"], done["rowsFailed"]) == (2, 3)
    errors = api.get(f"/v1/jobs/{job['id']}/errors").data
    assert [(one["line"], one["code"]) for one in errors] == [
        (4, "redirect_exists"), (5, "redirect_loop"), (6, "validation_error"),
    ]  # fmt: skip
    assert {one["fromPath"] for one in api.get(PATH).data} == {"/hello", "/bye"}


def test_of_a_path_that_comes_twice_the_first_one_counts(api: Api, run_events: DeliveryRun) -> None:
    rows = "fromPath,to\n/a,/first\n/A,/other\n/a/?,/second\n/%61#x,/third\n"
    headers = {"Content-Type": "text/csv"}
    for dry in ("true", "false"):
        job = api.request(
            "POST", f"{PATH}/import", body=rows.encode(), params={"dryRun": dry}, headers=headers
        ).data
        run_events()
        done = api.get(f"/v1/jobs/{job['id']}").data
        assert (done["rowsSucceeded"], done["rowsFailed"]) == (2, 2)
        errors = api.get(f"/v1/jobs/{job['id']}/errors").data
        assert [(one["line"], one["code"]) for one in errors] == [
            *((4, "redirect_exists"), (5, "redirect_exists")),
        ]
        made = {one["fromPath"]: one["toPath"] for one in api.get(PATH).data}
        assert made == ({} if dry == "true" else {"/a": "/first", "/A": "/other"})


def test_events_tell_of_redirects(
    api: Api, redirect: Callable[..., Any], sent_webhooks: Callable[[], Any]
) -> None:
    hook = {"url": "https://hooks.example.com/", "events": ["redirect.*"]}
    assert api.post("/v1/webhooks/subscriptions", hook).status == 201
    made = redirect("/a", toPath="/b")
    api.patch(f"{PATH}/{made['id']}", {"toPath": "/c"})
    api.patch(f"{PATH}/{made['id']}", {"toPath": "/c"})
    api.delete(f"{PATH}/{made['id']}")
    told = [(one.type, one.data["toPath"]) for one in sent_webhooks()]
    assert told == [
        ("redirect.added", "/b"), ("redirect.updated", "/c"), ("redirect.removed", "/c"),
    ]  # fmt: skip


def test_another_tenants_redirects_are_not_there(
    api: Api, other_api: Api, redirect: Callable[..., Any], led: Callable[..., Any]
) -> None:
    theirs = redirect("/a", client=other_api, toPath="/theirs")
    assert led("/a") is None
    assert api.get(f"{PATH}/{theirs['id']}").status == 404
    assert api.patch(f"{PATH}/{theirs['id']}", {"toPath": "/x"}).status == 404
    redirect("/theirs", toPath="/a")  # no loop with what is not there
    assert other_api.get(PATH).meta["total"] == 1
