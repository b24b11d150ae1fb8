"""The whole corpus, in a world where a canary is at every address."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .corpus import ADDRESSES, BLOCKED, INVALID
from .test_names import PUBLIC, REFUSED

FOLDER = Path(__file__).parents[1]
#: Where a canary must be for the test to mean something: a client that checks nothing gets there.
WATCHED = {
    "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "168.63.129.16", "169.254.169.254",
    "172.16.0.1", "192.168.0.1", "192.0.0.192", "198.51.100.1", "[::1]", "[::ffff:127.0.0.1]",
    "[64:ff9b::a00:1]", "[2002:7f00:1::1]", "[fc00::1]", "[fd00::2]", "[fd00:ec2::254]",
}  # fmt: skip


def _has_namespaces() -> bool:
    if os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("ip")):
        return False
    command = ["unshare", "--net", "ip", "link", "add", "here", "type", "veth"]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.skipif(not _has_namespaces(), reason="needs root, ip and network namespaces")
def test_no_canary_sees_a_connection() -> None:
    """Where this cannot run, ``test_urls`` has canaries on the loopback interface."""
    urls = INVALID + BLOCKED
    for host in ("127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254"):
        urls += [f"{s}://{host}:{port}/" for s in ("http", "https") for port in (6379, 5432, 22)]
    names = [f"https://{name}/" for name in REFUSED]
    public = ["https://8.8.8.8/", "https://[2600::1]/", "https://public.example/"]
    given = {
        "addresses": ADDRESSES,
        "urls": urls + names,
        "zone": {**REFUSED, "public.example": [PUBLIC]},
        "turns": [[PUBLIC], ["A 127.0.0.1"], [PUBLIC], ["A 10.0.0.1"]],
        "public": public,
    }
    ran = subprocess.run(
        ["unshare", "--net", sys.executable, "-m", "outbound.island"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=FOLDER,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert set(found["reached"]) >= WATCHED, WATCHED - set(found["reached"])
    kinds = {kind: [url for url in urls if found["refused"][url] == kind] for kind in
             set(found["refused"].values())}  # fmt: skip
    assert set(kinds) == {"invalid_url", "blocked"}, kinds
    assert {found["refused"][url] for url in names} == {"blocked"}
    assert found["seen"] == [[], []]
    # A name that flips is refused, or pinned to the public address that was checked: our canary
    # there closes the connection before there is TLS.
    assert found["flips"] == ["tls", "blocked"] * 10
    assert found["flipped"] == [[], ["93.184.216.34 443"] * 10]
    # The canaries hear what is allowed.
    assert set(found["public"].values()) == {"tls"}
    assert found["heard"] == ["8.8.8.8 443", "2600::1 443", "93.184.216.34 443"]
