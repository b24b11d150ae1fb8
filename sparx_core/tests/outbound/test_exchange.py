"""What servers may do to a client that reads: little, and not for long."""

from __future__ import annotations

import socket
import struct

import pytest

from sparx_core.outbound import Outbound, OutboundError, OutboundResponse, connection, exchange
from sparx_core.outbound.client import TOTAL_SECONDS
from sparx_core.outbound.errors import shown
from sparx_core.version import VERSION

from .servers import OK, Script, Server, repeating, saying, serving, silent

CLIENT = Outbound(True)


def send(script: Script, **options: object) -> OutboundResponse:
    with serving(script) as server:
        return CLIENT.send("POST", server.url, body=b"{}", **options)  # type: ignore[arg-type]


def failure(script: Script, **options: object) -> OutboundError:
    with pytest.raises(OutboundError) as raised:
        send(script, **options)
    assert raised.value.address == "127.0.0.1"
    return raised.value


def test_request_is_what_was_asked_for() -> None:
    with serving(OK) as server:
        answer = CLIENT.send(
            "POST",
            f"{server.url}a/b?c=d",
            headers=[("Content-Type", "application/json"), ("x-one", "1"), ("X-One", "2")],
            body="ü".encode(),
        )
        assert server.seen == [
            b"POST /a/b?c=d HTTP/1.1\r\n"
            b"Host: 127.0.0.1:%d\r\n"
            b"Accept-Encoding: identity\r\n"
            b"Connection: close\r\n"
            b"User-Agent: Sparx-Webhooks/%s\r\n"
            b"Content-Length: 2\r\n"
            b"Content-Type: application/json\r\n"
            b"x-one: 1\r\n"
            b"X-One: 2\r\n\r\n\xc3\xbc" % (server.port, VERSION.encode())
        ]
    assert (answer.status, answer.body, answer.truncated) == (200, b"ok", False)
    assert list(answer.headers) == [("content-length", "2")]
    assert answer.address == "127.0.0.1"
    assert answer.seconds > 0
    assert answer.shown_seconds == shown(answer.seconds)


def test_callers_may_name_themselves_and_send_nothing() -> None:
    with serving(OK) as server:
        CLIENT.send("GET", server.url, headers=[("user-agent", "Sparx-Import/1")])
        CLIENT.send("DELETE", server.url)
        head = CLIENT.send("HEAD", server.url)
        assert b"Sparx-Webhooks" not in server.seen[0]
        assert b"user-agent: Sparx-Import/1" in server.seen[0]
        assert b"Content-Length" not in server.seen[0]
        assert b"Content-Length: 0" in server.seen[1]
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", [("Host", "internal")]),
        ("POST", [("HOST", "internal")]),
        ("POST", [("Content-Length", "1")]),
        ("POST", [("Transfer-Encoding", "chunked")]),
        ("POST", [("Connection", "keep-alive")]),
        ("POST", [("Upgrade", "websocket")]),
        ("POST", [("Expect", "100-continue")]),
        ("POST", [("Accept-Encoding", "gzip")]),
        ("POST", [("x-a", "b\r\nHost: internal")]),
        ("POST", [("x-a\r\nHost", "internal")]),
        ("POST", [("x-a", "b\x00")]),
        ("POST", [("x-a", "ü")]),
        ("POST", [("", "b")]),
        ("POST", [("a b", "c")]),
        ("POST / HTTP/1.1\r\nHost: internal\r\n\r\nGET", []),
        ("CONNECT", []),
        ("TRACE", []),
        ("get", []),
    ],
)
def test_what_would_be_another_request_is_not_sent(
    method: str, headers: list[tuple[str, str]], connected: list[tuple[str, int]]
) -> None:
    with pytest.raises(OutboundError) as raised:
        CLIENT.send(method, "http://127.0.0.1:9/", headers=headers)
    assert raised.value.kind == "invalid_request"
    assert connected == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["http://127.0.0.1:{port}/", "http://169.254.169.254/", "//[::1]/"])
def test_redirects_are_answers(
    canaries: list[Server], connected: list[tuple[str, int]], status: int, to: str
) -> None:
    """An https endpoint that sends us to http is one of these, too."""
    location = to.format(port=canaries[0].port)
    head = f"HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    with serving(saying(head.encode())) as server:
        answer = CLIENT.send("POST", server.url, body=b"{}")
    assert answer.status == status
    assert dict(answer.headers)["location"] == location
    assert connected == [("127.0.0.1", server.port)]
    assert [one.seen for one in canaries] == [[]] * len(canaries)


@pytest.mark.parametrize(
    "variable", ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"]
)
def test_proxies_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, canaries: list[Server], variable: str
) -> None:
    monkeypatch.setenv(variable, canaries[0].url)
    assert send(OK).status == 200
    assert canaries[0].seen == []


def test_cookies_are_forgotten() -> None:
    cookie = saying(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")
    with serving(cookie) as server:
        for _ in range(2):
            CLIENT.send("GET", server.url)
        assert [b"cookie" in one.lower() for one in server.seen] == [False, False]


def test_compressed_body_stays_as_it_is() -> None:
    answer = send(saying(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"
    ))  # fmt: skip
    assert answer.body == b"\x1f\x8b\x08\x00"


def test_body_is_cut_and_the_connection_closed() -> None:
    piece = b"x" * 4096
    for head in (b"\r\n", b"Content-Length: 99999999999\r\n\r\n"):
        answer = send(repeating(b"HTTP/1.1 200 OK\r\n" + head, piece))
        assert (answer.status, answer.truncated) == (200, True)
        assert answer.body == b"x" * 65536
    answer = send(repeating(b"HTTP/1.1 200 OK\r\n\r\n", piece), max_response_bytes=10)
    assert (answer.body, answer.truncated) == (b"x" * 10, True)
    for size, truncated in ((65536, False), (65537, True)):
        answer = send(saying(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size, b"y" * size))
        assert (len(answer.body), answer.truncated) == (65536, truncated)


def test_chunks_are_put_together_however_large_they_say_they_are() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert (
        send(saying(head, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\nX-Late: 1\r\n\r\n")).body == b"abcde"
    )
    answer = send(repeating(head + b"FFFFFFFFFFFFFFFF\r\n", b"z" * 4096))
    assert (len(answer.body), answer.truncated) == (65536, True)
    answer = send(repeating(head, b"1\r\na\r\n" * 500))
    assert (answer.body, answer.truncated) == (b"a" * 4097, True)
    for bad in (b"FFFFFFFFFFFFFFFFFFFFFFFFF\r\n", b"-1\r\na\r\n", b"x\r\n", b"3\r\nabcd\r\n"):
        assert failure(saying(head, bad)).kind == "protocol"


@pytest.mark.parametrize(
    "script",
    [
        repeating(b"HTTP/1.1 200 OK\r\n", b"X-Header: " + b"h" * 1000 + b"\r\n"),
        repeating(b"HTTP/1.1 200 OK\r\nX-Header: ", b"h" * 4096),
        saying(b"HTTP/1.1 200 OK\r\nX: " + b"h" * 32768 + b"\r\nContent-Length: 0\r\n\r\n"),
        repeating(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Late: 1\r\n"),
        repeating(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a=b;"),
    ],
    ids=["many", "endless", "a little too large", "after the body", "of a chunk"],
)
def test_headers_have_a_bound(script: Script) -> None:
    assert failure(script).kind == "too_large"


def test_large_headers_below_the_bound_are_read() -> None:
    large = b"h" * 32000
    answer = send(saying(b"HTTP/1.1 200 OK\r\nX: " + large + b"\r\nContent-Length: 0\r\n\r\n"))
    assert dict(answer.headers)["x"] == large.decode()


def test_announcements_have_a_bound() -> None:
    ending = b"HTTP/1.1 204 No Content\r\n\r\n"
    assert send(saying(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" * 8, ending)).status == 204
    assert failure(saying(b"HTTP/1.1 100 Continue\r\n\r\n" * 9, ending)).kind == "protocol"
    assert failure(repeating(b"", b"HTTP/1.1 100 Continue\r\n\r\n")).kind == "protocol"
    assert failure(saying(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")).kind == "protocol"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"220 mail ESMTP\r\n",
        b"-ERR unknown command\r\n",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"\x00" * 100,
    ],
)
def test_what_is_no_http_is_told_without_its_bytes(said: bytes) -> None:
    error = failure(saying(said))
    assert error.kind == "protocol"
    assert error.message in (
        "The server did not answer with valid HTTP.",
        "The server closed the connection without an answer.",
    )


def test_reset_connection_is_told() -> None:
    def reset(accepted: socket.socket, server: Server) -> None:
        accepted.sendall(b"HTTP/1.1 200 OK\r\n")
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert failure(reset).kind == "protocol"


def test_early_answer_to_a_large_body_is_read() -> None:
    def refuse(accepted: socket.socket, server: Server) -> None:
        accepted.recv(100)
        accepted.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        accepted.shutdown(socket.SHUT_WR)
        while accepted.recv(65536):
            pass

    with serving(refuse, reads=False) as server:
        assert CLIENT.send("POST", server.url, body=b"b" * 1_000_000).status == 413


# -- deadlines -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        repeating(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"a", 0.02),
        repeating(b"", b"H", 0.02),
        repeating(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a", 0.02),
        repeating(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", 0.02),
    ],
    ids=["body", "status", "headers", "chunks"],
)
def test_dripping_server_meets_the_one_deadline(script: Script) -> None:
    """Each byte comes in time, and all of them do not."""
    with serving(script) as server, pytest.raises(OutboundError) as raised:
        CLIENT.send("POST", server.url, body=b"{}", seconds=0.5)
    assert raised.value.kind == "timeout"
    assert raised.value.seconds >= 0.5


def test_first_byte_has_a_deadline_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "FIRST_BYTE_SECONDS", 0.2)
    error = failure(silent)
    assert (error.kind, error.message) == (
        "timeout",
        "Time-out: waiting for the response took too long.",
    )
    assert error.seconds < TOTAL_SECONDS


def test_server_that_does_not_read_is_not_waited_for() -> None:
    with (
        serving(silent_without_reading, reads=False) as server,
        pytest.raises(OutboundError) as raised,
    ):
        CLIENT.send("POST", server.url, body=b"b" * 20_000_000, seconds=0.4)
    assert raised.value.kind == "timeout"


def silent_without_reading(accepted: socket.socket, server: Server) -> None:
    server.over.wait(60)


def test_connecting_has_a_deadline_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.3)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        # The queue has one place; who comes later is not answered.
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        with pytest.raises(OutboundError, match="connecting") as raised:
            CLIENT.send("GET", f"http://127.0.0.1:{full.getsockname()[1]}/")
        for one in waiting:
            one.close()
    assert (raised.value.kind, raised.value.address) == ("timeout", None)
    assert raised.value.seconds < TOTAL_SECONDS


def test_no_caller_waits_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(silent) as server, pytest.raises(OutboundError) as raised:
        CLIENT.within(0.2).send("GET", server.url, seconds=3600)
    assert raised.value.kind == "timeout"
    assert CLIENT.within(60).within(0.1)._most == 0.1
    assert CLIENT.within(60)._most == 15.0


def test_refused_connection_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(OutboundError) as raised:
        CLIENT.send("GET", f"http://127.0.0.1:{port}/")
    assert (raised.value.kind, raised.value.message) == (
        "connect",
        "The server refused the connection.",
    )


@pytest.mark.parametrize(
    ("seconds", "seen"), [(0.0, 0.0), (0.004, 0.0), (0.0151, 0.02), (1.2345, 1.23), (15.0, 15.0)]
)
def test_durations_are_rounded_for_tenants(seconds: float, seen: float) -> None:
    error = OutboundError("connect", "x")
    error.seconds = seconds
    assert error.shown_seconds == seen


def test_localhost_is_tried_on_both_families() -> None:
    """A development server often listens on one of them only."""
    for address in ("127.0.0.1", "::1"):
        try:
            with serving(OK, address) as server:
                answer = Outbound("loopback").send("GET", f"http://localhost:{server.port}/")
                assert answer.address == address
                assert b"Host: localhost:%d\r\n" % server.port in server.seen[0]
        except OSError:
            assert address == "::1", "no IPv6 here"
