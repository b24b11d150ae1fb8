"""TLS: the name that was asked for is the one that must answer, and nothing can switch that off."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparx_core.outbound import Outbound, OutboundError, connection
from sparx_core.outbound.client import TOTAL_SECONDS
from sparx_core.outbound.resolver import Resolver

from .certificates import Authority
from .names import NameServer
from .servers import OK, Server, repeating, saying, serving, silent


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """Trusted by the client in these tests, as an operator makes it trust one."""
    made = Authority(tmp_path_factory.mktemp("authority"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(made.path))
        connection._verifying.cache_clear()
        yield made
    connection._verifying.cache_clear()


@pytest.fixture(scope="module")
def client(names: NameServer) -> Outbound:
    for name in ("right.example", "wrong.example"):
        names.zone[name] = ["A 127.0.0.1"]
    return Outbound(True, resolve=Resolver(names.resolver()))


def failure(client: Outbound, url: str) -> OutboundError:
    with pytest.raises(OutboundError) as raised:
        client.send("POST", url, body=b"secret")
    return raised.value


def test_name_is_asked_for_and_verified(authority: Authority, client: Outbound) -> None:
    context = authority.server("right.example")
    indicated: list[str | None] = []
    context.sni_callback = lambda accepted, name, _: indicated.append(name)
    with serving(OK, tls=context) as server:
        answer = client.send("POST", f"https://right.example:{server.port}/", body=b"secret")
        assert (answer.status, answer.body, answer.address) == (200, b"ok", "127.0.0.1")
        assert indicated == ["right.example"]
        assert b"Host: right.example:%d\r\n" % server.port in server.seen[-1]


@pytest.mark.parametrize(
    ("host", "options", "reason"),
    [
        ("right.example", {"self_signed": True}, "self-signed certificate"),
        ("right.example", {"days": -1}, "certificate has expired"),
        ("wrong.example", {}, "Hostname mismatch, certificate is not valid for 'right.example'"),
        ("127.0.0.1", {}, "Hostname mismatch, certificate is not valid for 'right.example'"),
    ],
    ids=["self-signed", "expired", "another name", "the address"],
)
def test_certificate_that_is_not_the_servers_own_is_refused(
    authority: Authority, client: Outbound, host: str, options: dict[str, bool], reason: str
) -> None:
    with serving(OK, tls=authority.server(host, **options)) as server:
        error = failure(client, f"https://right.example:{server.port}/")
        assert (error.kind, error.message) == ("tls", f"The certificate is not valid: {reason}.")
        assert not any(b"secret" in one for one in server.seen)


def test_certificate_of_a_stranger_is_refused(
    authority: Authority, client: Outbound, tmp_path: Path
) -> None:
    with serving(OK, tls=Authority(tmp_path).server("right.example")) as server:
        error = failure(client, f"https://right.example:{server.port}/")
        assert error.kind == "tls"
        assert not any(b"secret" in one for one in server.seen)


def test_address_may_have_a_certificate(authority: Authority, client: Outbound) -> None:
    with serving(OK, tls=authority.server("127.0.0.1")) as server:
        assert client.send("GET", server.url).status == 200


def test_nobody_is_led_from_https_to_http(
    authority: Authority, client: Outbound, canaries: list[Server]
) -> None:
    to = canaries[0].url.encode()
    away = saying(b"HTTP/1.1 302 Found\r\nLocation: " + to + b"\r\nContent-Length: 0\r\n\r\n")
    with serving(away, tls=authority.server("right.example")) as server:
        answer = client.send("POST", f"https://right.example:{server.port}/", body=b"secret")
    assert (answer.status, canaries[0].seen) == (302, [])


@pytest.mark.parametrize("newest", ["TLSv1", "TLSv1_1"])
def test_old_versions_are_refused(authority: Authority, client: Outbound, newest: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = authority.server("right.example", newest=newest)
    with serving(OK, tls=context) as server:
        error = failure(client, f"https://right.example:{server.port}/")
        assert error.kind == "tls"


def test_version_two_of_tls_is_spoken(authority: Authority, client: Outbound) -> None:
    context = authority.server("right.example", newest="TLSv1_2")
    with serving(OK, tls=context) as server:
        assert client.send("GET", f"https://right.example:{server.port}/").status == 200


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-x\r\n", b"\x00" * 64, b""]
)
def test_what_is_no_tls_is_told_without_its_bytes(client: Outbound, said: bytes) -> None:
    with serving(saying(said), reads=False) as server:
        error = failure(client, f"https://right.example:{server.port}/")
    assert (error.kind, error.message) == ("tls", "The server does not speak TLS as it should.")


def test_handshake_has_a_deadline_of_its_own(
    client: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one in which a byte comes again and again."""
    monkeypatch.setattr(connection, "TLS_SECONDS", 0.4)
    # The head of a record of 16 KiB, which then comes a byte at a time.
    for script in (silent, repeating(b"\x16\x03\x03\x40\x00", b"\x00", 0.02)):
        with serving(script, reads=False) as server:
            error = failure(client, f"https://right.example:{server.port}/")
        assert (error.kind, error.message) == (
            "timeout",
            "Time-out: the TLS handshake took too long.",
        )
        assert error.seconds < TOTAL_SECONDS


def test_dripping_server_meets_the_one_deadline_behind_tls(
    authority: Authority, client: Outbound
) -> None:
    script = repeating(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"a", 0.02)
    with serving(script, tls=authority.server("right.example")) as server:
        with pytest.raises(OutboundError) as raised:
            client.send("GET", f"https://right.example:{server.port}/", seconds=0.8)
        assert raised.value.kind == "timeout"


def test_end_without_farewell_is_an_end(authority: Authority, client: Outbound) -> None:
    cut = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
    with serving(cut, tls=authority.server("right.example")) as server:
        assert failure(client, f"https://right.example:{server.port}/").kind == "protocol"


def test_context_verifies_and_is_made_once() -> None:
    context = connection.tls_context()
    assert context is connection.tls_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
