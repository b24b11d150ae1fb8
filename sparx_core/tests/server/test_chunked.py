"""The framing of chunked bodies, however its bytes are cut; hosts and targets."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sparx_core.errors import BadRequest
from sparx_core.server.chunked import ChunkedFraming
from sparx_core.server.host import check_host

BODY = b"3;a=b\r\nabc\r\n1\r\nd\r\n0\r\nX: y\r\nZ: a\r\n\r\n"


def follow(data: bytes, size: int) -> tuple[ChunkedFraming, int]:
    """The framing after ``data`` came in pieces of ``size``, and the bytes it took."""
    framing, used = ChunkedFraming(), 0
    for at in range(0, len(data), size):
        used += framing.follow(data[at : at + size])
    return framing, used


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_ends_where_the_body_ends(size: int) -> None:
    framing, used = follow(BODY + b"GET / HTTP/1.1\r\n", size)
    assert (framing.ended, used, framing.size) == (True, len(BODY), 4)


@pytest.mark.parametrize("end", range(len(BODY)))
def test_does_not_end_before(end: int) -> None:
    framing, used = follow(BODY[:end], 5)
    assert (framing.ended, used) == (False, end)


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b"-1\r\n",
        b"+1\r\n",
        b"0x1\r\n",
        b"1_0\r\n",
        b"g\r\n",
        b" 1\r\n",
        b"1 \r\n",
        b"1\n",
        b"fffffffffffff\r\n",
        b"1\r\nab\r\n",
        b"1\r\na\n",
        b"1\r\na1\r\n",
        b"1;\0\r\n",
        b"1;a\rb\r\n",
        b"0\r\nX: y\n",
        b"1;" + b"a" * 2000,
        b"0\r\n" + b"X: y\r\n" * 2000,
    ],
)
@pytest.mark.parametrize("size", [1, 4096])
def test_refuses_what_could_be_read_in_two_ways(data: bytes, size: int) -> None:
    with pytest.raises(BadRequest):
        follow(data, size)


def request(uri: str, *hosts: str, method: str = "GET", version: int = 1) -> SimpleNamespace:
    headers = [("HOST", host) for host in hosts]
    return SimpleNamespace(uri=uri, path="", method=method, version=(1, version), headers=headers)


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("/a", "example.org"),
        ("/a", "example.org:8000"),
        ("/a", "[::1]:8000"),
        ("/a", "192.0.2.1"),
        ("//a", "under_score"),
        ("http://example.org/a", "example.org"),
        ("http://Example.org:80/a", "EXAMPLE.org"),
        ("https://example.org:443", "example.org"),
        ("https://[::1]:8/", "[::1]:8"),
    ],
)
def test_hosts_that_agree(uri: str, host: str) -> None:
    check_host(request(uri, host))


def test_a_host_is_not_needed_in_http_1_0() -> None:
    check_host(request("/a", version=0))


def test_all_of_the_server_can_be_asked_for_its_options() -> None:
    check_host(request("*", "a", method="OPTIONS"))


@pytest.mark.parametrize(
    ("uri", "hosts"),
    [
        ("/a", []),
        ("/a", [""]),
        ("/a", ["a", "a"]),
        ("/a", ["a b"]),
        ("/a", ["a/b"]),
        ("/a", ["me@a"]),
        ("/a", ["a:b"]),
        ("/a", ["a:123456"]),
        ("/a", ["[::1"]),
        ("*", ["a"]),
        ("a:80", ["a:80"]),
        ("http://b/a", ["a"]),
        ("http://a:81/", ["a"]),
        ("https://a:80/", ["a"]),
        ("http://me@a/", ["a"]),
        ("http:///a", ["a"]),
        ("http://[::1/", ["[::1]"]),
        ("ftp://a/", ["a"]),
    ],
)
def test_hosts_that_are_missing_malformed_or_contradicted(uri: str, hosts: list[str]) -> None:
    with pytest.raises(BadRequest):
        check_host(request(uri, *hosts))
