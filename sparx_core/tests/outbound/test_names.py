"""Looking names up: once, by ourselves, and one bad answer is enough."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import dns.rcode
import pytest

from sparx_core.outbound import Outbound, OutboundError, client, resolver
from sparx_core.outbound.addresses import Private
from sparx_core.outbound.deadline import Deadline
from sparx_core.outbound.resolver import Resolver

from .names import NameServer
from .servers import OK, Server, serving

PUBLIC = "A 93.184.216.34"

#: What a name answers, and the kind of the refusal.
REFUSED = {
    "private.example": ["A 10.0.0.1"],
    "loopback.example": ["A 127.0.0.1"],
    "six.example": ["AAAA ::1"],
    "mapped.example": ["AAAA ::ffff:127.0.0.1"],
    "metadata.example": ["A 169.254.169.254"],
    "azure.example": ["A 168.63.129.16"],
    "nat.example": [PUBLIC, "AAAA 64:ff9b::a00:1"],
    "mixed.example": [PUBLIC, "A 10.0.0.1"],
    "mixed-last.example": ["A 192.168.1.1", PUBLIC],
    "mixed-families.example": [PUBLIC, "AAAA fd00::1"],
    "many.example": [*(f"A 93.184.216.{n}" for n in range(1, 20)), "A 127.0.0.1"],
    "alias.example": ["CNAME inside.example.", "inside.example. A 10.0.0.1"],
    "chain.example": [
        "CNAME two.example.",
        "two.example. CNAME three.example.",
        "three.example. A 127.0.0.1",
    ],
    "zero.example": ["A 0.0.0.0"],
}


@pytest.fixture(scope="module")
def zone(names: NameServer) -> NameServer:
    names.zone.update(REFUSED)
    return names


def asking(names: NameServer, private: Private = False) -> Outbound:
    return Outbound(private, resolve=Resolver(names.resolver()))


@pytest.mark.parametrize("name", REFUSED)
def test_one_blocked_answer_refuses_the_name(
    zone: NameServer, name: str, connected: list[tuple[str, int]]
) -> None:
    with pytest.raises(OutboundError) as raised:
        asking(zone).send("POST", f"https://{name}/", body=b"{}")
    assert (raised.value.kind, raised.value.message) == ("blocked", "The address is blocked.")
    assert raised.value.address is None
    assert connected == []
    # Asked once for each family, and never again.
    assert zone.asked[name, "A"] == zone.asked[name, "AAAA"] == 1


@pytest.fixture(scope="module")
def twins() -> Iterator[tuple[Server, Server]]:
    """Two servers on one port of two addresses."""
    with ExitStack() as stack:
        first = stack.enter_context(serving(OK))
        yield first, stack.enter_context(serving(OK, "127.0.0.2", first.port))


def test_rebinding_name_meets_the_address_that_was_checked(
    names: NameServer, twins: tuple[Server, Server]
) -> None:
    """A name that tells something else each time is believed once, and not asked again."""
    here, there = twins
    names.zone["flip.example"] = lambda before: [f"A 127.0.0.{1 + before % 2}"]
    for number in range(10):
        asked = names.asked["flip.example", "A"]
        expected = (here, there)[asked % 2]
        met = len(expected.seen)
        answer = asking(names, True).send("GET", f"http://flip.example:{here.port}/")
        assert answer.address == expected.address
        assert len(expected.seen) == met + 1
        assert names.asked["flip.example", "A"] == asked + 1
        assert b"Host: flip.example:%d\r\n" % here.port in expected.seen[-1]
        assert len(here.seen) + len(there.seen) == number + 1


def test_rebinding_to_a_private_address_is_refused_or_pinned(
    names: NameServer, monkeypatch: pytest.MonkeyPatch, connected: list[tuple[str, int]]
) -> None:
    names.zone["rebind.example"] = lambda before: [PUBLIC if before % 2 == 0 else "A 127.0.0.1"]
    # Nothing leaves this machine: what would be a connection to the public address ends at once.
    monkeypatch.setattr(socket.socket, "connect", _refusing(connected))
    kinds = []
    for _ in range(6):
        with pytest.raises(OutboundError) as raised:
            asking(names).send("POST", "https://rebind.example/", body=b"{}")
        kinds.append(raised.value.kind)
    assert kinds == ["connect", "blocked"] * 3
    assert connected == [("93.184.216.34", 443)] * 3


def _refusing(connected: list[tuple[str, int]]) -> object:
    actual = socket.socket.connect

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        if self.type == socket.SOCK_DGRAM:
            return actual(self, address)
        connected.append(address)
        raise ConnectionRefusedError

    return connect


def test_next_address_is_tried_when_one_refuses(
    names: NameServer, twins: tuple[Server, Server]
) -> None:
    here, _ = twins
    # Nobody listens on the first three.
    names.zone["several.example"] = [f"A 127.0.0.{last}" for last in (9, 8, 7, 1)]
    answer = asking(names, True).send("GET", f"http://several.example:{here.port}/")
    assert (answer.status, answer.address) == (200, "127.0.0.1")
    names.zone["several.example"] = [f"A 127.0.0.{last}" for last in (9, 8, 7)]
    with pytest.raises(OutboundError) as raised:
        asking(names, True).send("GET", f"http://several.example:{here.port}/")
    assert (raised.value.kind, raised.value.address) == ("connect", None)


def test_longest_name_is_looked_up(names: NameServer) -> None:
    longest = ".".join(["a" * 63] * 3 + ["b" * 61])
    names.zone[longest] = ["A 8.8.8.8"]
    assert len(longest) == 253
    assert asking(names).check_url(f"https://{longest}/")
    assert [str(one) for one in Resolver(names.resolver())(longest, Deadline(60))] == ["8.8.8.8"]


def test_families_are_tried_in_turn(names: NameServer) -> None:
    names.zone["both.example"] = ["A 8.8.8.8", "A 8.8.4.4", "AAAA 2600::1", "AAAA 2600::2"]
    found = Resolver(names.resolver())("both.example", Deadline(10))
    assert [str(one) for one in found] == ["8.8.8.8", "2600::1", "8.8.4.4", "2600::2"]


def test_server_that_does_not_know_one_family_is_enough(names: NameServer) -> None:
    names.zone["old.example"] = lambda before: ["A 8.8.8.8"] if before == 0 else dns.rcode.SERVFAIL
    names.zone["new.example"] = ["AAAA 2600::1"]
    for name, address in (("old.example", "8.8.8.8"), ("new.example", "2600::1")):
        assert [str(one) for one in Resolver(names.resolver())(name, Deadline(10))] == [address]


@pytest.mark.parametrize(
    ("name", "answer", "message"),
    [
        ("nowhere.example", dns.rcode.NXDOMAIN, "does not exist"),
        ("broken.example", dns.rcode.SERVFAIL, "could not be looked up"),
        ("refused.example", dns.rcode.REFUSED, "could not be looked up"),
        ("empty.example", [], "has no address"),
        ("dangling.example", ["CNAME gone.example."], "has no address"),
    ],
)
def test_name_without_an_address_is_an_error_of_dns(
    names: NameServer, name: str, answer: list[str] | dns.rcode.Rcode, message: str
) -> None:
    names.zone[name] = answer
    with pytest.raises(OutboundError, match=message) as raised:
        asking(names).send("GET", f"https://{name}/")
    assert raised.value.kind == "dns"


def test_endless_aliases_end(names: NameServer) -> None:
    names.zone["loop.example"] = [
        *(f"{n}.loop.example. CNAME {n + 1}.loop.example." for n in range(40)),
        "CNAME 0.loop.example.",
    ]
    with pytest.raises(OutboundError) as raised:
        asking(names).send("GET", "https://loop.example/")
    assert raised.value.kind == "dns"


def test_silent_name_server_ends_in_a_time_out(
    names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "DNS_SECONDS", 0.3)
    names.zone["slow.example"] = lambda before: None
    with pytest.raises(OutboundError, match="looking up the name") as raised:
        asking(names).send("GET", "https://slow.example/")
    assert raised.value.kind == "timeout"
    assert 0.3 <= raised.value.seconds < client.TOTAL_SECONDS


def test_answers_are_remembered_as_long_as_they_say_and_not_long(
    names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "ttl", 3600)
    names.zone["kept.example"] = lambda before: ["A 8.8.8.8"] if before == 0 else ["A 8.8.4.4"]
    found = Resolver(names.resolver())
    assert [str(one) for one in found("kept.example", Deadline(60))] == ["8.8.8.8"]
    assert [str(one) for one in found("kept.example", Deadline(60))] == ["8.8.8.8"]
    assert names.asked["kept.example", "A"] == 1
    monkeypatch.setattr(resolver, "_REMEMBERED_SECONDS", 0.0)
    names.zone["newer.example"] = lambda before: ["A 8.8.8.8"] if before == 0 else ["A 8.8.4.4"]
    assert [str(one) for one in found("newer.example", Deadline(60))] == ["8.8.8.8"]
    assert [str(one) for one in found("newer.example", Deadline(60))] == ["8.8.4.4"]


def test_what_is_remembered_is_checked_again(
    names: NameServer, monkeypatch: pytest.MonkeyPatch, connected: list[tuple[str, int]]
) -> None:
    monkeypatch.setattr(names, "ttl", 3600)
    names.zone["inside.example"] = ["A 10.0.0.1"]
    client_ = asking(names)
    for _ in range(2):
        with pytest.raises(OutboundError) as raised:
            client_.send("GET", "https://inside.example/")
        assert raised.value.kind == "blocked"
    assert names.asked["inside.example", "A"] == 1
    assert connected == []


def test_configuration_is_read_again_when_it_changes(
    names: NameServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "resolv.conf"
    monkeypatch.setattr(resolver, "_CONFIGURATION", str(path))
    monkeypatch.setattr(resolver, "_FRESH_SECONDS", -1.0)
    found = Resolver()
    with pytest.raises(OutboundError, match="No name server") as raised:
        found("a.example", Deadline(5))
    assert raised.value.kind == "dns"
    path.write_text("nameserver 192.0.2.53\nsearch intranet.example\noptions ndots:5\n")
    read = found._configured()
    assert (read.nameservers, read.search) == (["192.0.2.53"], [])
    assert found._configured() is read
    path.unlink()
    assert found._configured() is read
    path.write_text("nameserver 192.0.2.54\n")
    assert found._configured().nameservers == ["192.0.2.54"]
