"""The table, the operator's list, and what this machine has itself."""

from __future__ import annotations

import errno
import socket
from ipaddress import ip_address, ip_network

import pytest

from sparx_core.outbound import Outbound, OutboundError, addresses
from sparx_core.outbound.addresses import is_allowed, is_own, parse_address
from sparx_core.settings import Settings, SettingsError


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "9.255.255.255", "11.0.0.0", "100.63.255.255",
             "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
             "223.255.255.255", "168.63.129.15", "2606:4700:4700::1111", "2a00:1450::1",
             "2001:200::1", "2003::1", "::ffff:8.8.8.8"],
)  # fmt: skip
def test_neighbours_of_the_table_are_allowed(text: str) -> None:
    address = parse_address(text)
    assert address is not None
    assert is_allowed(address, private=False)


def test_operators_list_counts_whatever_else_is_allowed() -> None:
    denied = (ip_network("8.8.8.0/24"), ip_network("2606:4700::/32"), ip_network("10.1.0.0/16"))
    for text in ("8.8.8.8", "::ffff:8.8.8.8", "2606:4700::1", "10.1.2.3"):
        address = parse_address(text)
        assert address is not None
        assert not is_allowed(address, True, denied)
        with pytest.raises(OutboundError, match=r"^The address is blocked\.$"):
            Outbound(True, denied).check_url(f"https://{f'[{text}]' if ':' in text else text}/")
    assert is_allowed(ip_address("8.8.9.8"), False, denied)


def test_own_addresses_are_found() -> None:
    assert is_own(ip_address("127.0.0.1"))
    assert not is_own(ip_address("8.8.8.8"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.77", 9))
        except OSError:
            return  # a machine without a network
        assert is_own(ip_address(probe.getsockname()[0]))


def test_own_address_is_blocked_although_it_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    public = ip_address("8.8.8.8")
    monkeypatch.setattr(addresses, "is_own", lambda address: address == public)
    assert not is_allowed(public, private=False)
    assert not is_allowed(public, private="loopback")
    assert is_allowed(public, private=True)
    assert is_allowed(ip_address("8.8.4.4"), private=False)


def test_failure_of_ours_is_not_taken_for_a_foreign_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a socket nobody knows whose an address is."""

    def fail(number: int) -> object:
        def socket_(*arguments: object) -> object:
            raise OSError(number, "")

        return socket_

    monkeypatch.setattr(socket, "socket", fail(errno.EMFILE))
    with pytest.raises(OSError, match="24"):
        Outbound().send("GET", "https://8.8.8.8/")
    monkeypatch.setattr(socket, "socket", fail(errno.EAFNOSUPPORT))
    with pytest.raises(OutboundError) as raised:
        Outbound().send("GET", "https://[2600::1]/")
    assert raised.value.kind == "connect"


@pytest.mark.parametrize("text", ["127.1", "0177.0.0.1", "2130706433", "fe80::1%lo", "localhost",
                                  "127.0.0.1 ", "", "[::1]", "1.2.3.4/32"])  # fmt: skip
def test_addresses_have_one_form(text: str) -> None:
    assert parse_address(text) is None


@pytest.mark.parametrize(
    ("given", "private"),
    [("", False), ("off", False), ("0", False), ("loopback", "loopback"), ("1", True)],
)
def test_setting_says_which_private_addresses(given: str, private: object) -> None:
    assert Settings.load({"SPARX_WEBHOOK_ALLOW_PRIVATE": given}).webhook_allow_private == private


def test_settings_refuse_what_they_cannot_use() -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.load({"SPARX_WEBHOOK_ALLOW_PRIVATE": "yes", "SPARX_OUTBOUND_DENY": "intranet"})
    assert [one.split()[0] for one in raised.value.problems] == [
        "SPARX_WEBHOOK_ALLOW_PRIVATE",
        "SPARX_OUTBOUND_DENY",
    ]
    settings = Settings.load({"SPARX_OUTBOUND_DENY": "8.8.8.0/24, 2606:4700::/32"})
    assert settings.outbound_deny == (ip_network("8.8.8.0/24"), ip_network("2606:4700::/32"))
