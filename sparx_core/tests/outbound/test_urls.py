"""Reading URLs: what is used is what was checked, and nothing is put right."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from sparx_core.outbound import Outbound, OutboundError, check_url
from sparx_core.outbound.addresses import (
    LOOPBACK,
    METADATA,
    PRIVATE,
    RESERVED,
    Private,
    parse_address,
)

from .corpus import ADDRESSES, BLOCKED, INVALID
from .servers import Server


def refusal(url: str, private: Private = False) -> str:
    with pytest.raises(OutboundError) as raised:
        check_url(url, allow_private=private)
    assert raised.value.message
    return raised.value.kind


def test_corpus_is_as_large_as_promised() -> None:
    everything = INVALID + BLOCKED
    assert len(everything) == len(set(everything)) >= 200


@pytest.mark.parametrize("url", INVALID)
def test_what_cannot_be_read_in_one_way_is_refused(url: str) -> None:
    assert refusal(url) == "invalid_url"


@pytest.mark.parametrize("url", BLOCKED)
def test_blocked_address_is_refused_without_its_name(url: str) -> None:
    with pytest.raises(OutboundError) as raised:
        check_url(url)
    assert (raised.value.kind, raised.value.message) == ("blocked", "The address is blocked.")


def test_nothing_of_the_corpus_is_connected_to(
    canaries: list[Server], connected: list[tuple[str, int]]
) -> None:
    """Sent as it is, and with the ports on which somebody listens."""
    client = Outbound(resolve=lambda name, deadline: pytest.fail(f"{name} was looked up"))
    ports = sorted({one.port for one in canaries})
    hosts = ["127.0.0.1", "[::1]", "localhost", "[::ffff:127.0.0.1]", "127.1", "2130706433"]
    urls = INVALID + BLOCKED
    urls += [f"{s}://{host}:{port}/" for s in ("http", "https") for host in hosts for port in ports]
    for url in urls:
        with pytest.raises(OutboundError) as raised:
            client.send("POST", url, body=b"{}")
        assert raised.value.kind in ("invalid_url", "blocked"), url
        assert raised.value.address is None
    assert connected == []
    assert [one.seen for one in canaries] == [[]] * len(canaries)


def test_canary_sings(canaries: list[Server], connected: list[tuple[str, int]]) -> None:
    """The test above would see a connection."""
    canary = canaries[0]
    assert Outbound(True).send("GET", canary.url).status == 200
    assert connected == [(canary.address, canary.port)]
    assert len(canary.seen) == 1
    canary.seen.clear()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://EXAMPLE.COM/Path", "https://example.com/Path"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("https://example.com?a=1", "https://example.com/?a=1"),
        ("https://example.com/?", "https://example.com/"),
        ("https://example.com/a/../b;c=d?e[]=f&g=%C3%A9", None),
        ("https://hooks_1.example.com/", None),
        ("https://xn--bcher-kva.example/", None),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://例え.テスト/", "https://xn--r8jz45g.xn--zckzah/"),
        ("https://8.8.8.8/", None),
        ("https://[2606:4700:4700:0:0:0:0:1111]/", "https://[2606:4700:4700::1111]/"),
        ("https://[::ffff:8.8.8.8]/", "https://8.8.8.8/"),
        ("https://127.0.0.1.example.com/", None),
        ("https://" + "a" * 63 + ".example/", None),
    ],
)
def test_good_url_is_written_in_one_form(given: str, used: str | None) -> None:
    assert check_url(given) == (used or given)
    assert check_url(check_url(given)) == check_url(given)


@pytest.mark.parametrize("url", BLOCKED)
def test_reserved_addresses_stay_blocked_where_private_ones_are_allowed(url: str) -> None:
    lifted = ("10.", "100.64.", "100.127.", "127.", "172.", "192.168.", "[::1]", "[0:0:", "[fc00:",
              "[fd00::2]", "localhost", "app.localhost", "[::ffff:127.", "[::ffff:7f00:",
              "[::ffff:10.")  # fmt: skip
    if url.lower().removeprefix("https://").startswith(lifted):
        assert check_url(url, allow_private=True)
    else:
        assert refusal(url, private=True) == "blocked"


def test_loopback_alone_may_be_allowed() -> None:
    for url in (
        "http://localhost:3000/hook",
        "http://app.localhost/",
        "http://127.0.0.1:3000/",
        "http://127.1.2.3/",
        "http://[::1]:3000/",
        "https://localhost/",
    ):
        assert check_url(url, allow_private="loopback") == url
    for url in ("http://example.com/", "https://example.com:8443/", "http://10.0.0.1:3000/",
                "https://localhost.example:3000/", "http://intranet/"):  # fmt: skip
        assert refusal(url, "loopback") == "invalid_url"
    assert refusal("https://10.0.0.1/", "loopback") == "blocked"
    assert refusal("https://[fd00::2]/", "loopback") == "blocked"


def test_http_and_every_port_come_with_private_addresses() -> None:
    for url in (
        "http://10.0.0.1:8080/",
        "http://receiver:8080/hook",
        "http://example.com/",
        "https://example.com:8443/",
    ):
        assert check_url(url, allow_private=True) == url
    assert check_url("http://example.com:80/", allow_private=True) == "http://example.com/"
    for url in ("ftp://10.0.0.1/", "http://2130706433/", "http://a@10.0.0.1/"):
        assert refusal(url, private=True) == "invalid_url"


def test_every_address_of_the_table_is_in_the_corpus() -> None:
    """A network that somebody adds to the table is tried here."""
    tried = [ip_address(one.strip("[]")) for one in ADDRESSES]
    tried += [parse_address(one.strip("[]")) for one in ADDRESSES]
    for network in (*LOOPBACK, *METADATA, *PRIVATE, *RESERVED):
        assert any(address in network for address in tried if address), network
