"""Whose address counts: what a trusted proxy says, and nothing that a client says."""

from __future__ import annotations

import pytest

from sparx_core.limits.addresses import client_address, trusted_networks

TRUSTED = trusted_networks("127.0.0.1, ::1,10.0.0.0/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", None, "198.51.100.7"),
        ("198.51.100.7", "192.0.2.1", "198.51.100.7"),
        ("127.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("::1", "192.0.2.1", "192.0.2.1"),
        ("", "192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "192.0.2.1, 198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("127.0.0.1", "192.0.2.1, nonsense, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", ",".join(["10.0.0.1"] * 5000), "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        ("127.0.0.1", "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", None, "198.51.100.7"),
        ("", None, "unknown"),
        ("fe80::1%eth0", None, "fe80::/64"),
    ],
)
def test_addresses(peer: str, forwarded: str | None, address: str) -> None:
    assert client_address(peer, forwarded, TRUSTED) == address
