"""Both kinds of storage, by the same tests: a folder, and a server that speaks as S3 does."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import repeat
from pathlib import Path
from urllib.request import urlopen
from uuid import uuid4

import pytest

from sparx_core.settings import Settings, SettingsError
from sparx_core.storage.files import Files
from sparx_core.storage.local import LocalStore
from sparx_core.storage.s3 import Bucket, S3Store
from sparx_core.storage.store import StorageError, Store

_KEY, _SECRET = "sparx", "a secret/with+signs"
_IDENTITIES = (
    '{"identities": [{"name": "sparx", "credentials": [{"accessKey": "%s", "secretKey": "%s"}],'
    ' "actions": ["Admin", "Read", "Write", "List"]}]}'
)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, and none ten thousand above, where the server's twins are."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """A bucket of a SeaweedFS that runs for this file."""
    folder = tmp_path_factory.mktemp("seaweedfs")
    identities = folder / "s3.json"
    identities.write_text(_IDENTITIES % (_KEY, _SECRET))
    names = ("master.port", "volume.port", "filer.port", "s3.port")
    twins = ("master.port.grpc", "volume.port.grpc", "filer.port.grpc", "s3.port.grpc")
    ports = dict(zip((*names, *twins), free_ports(8), strict=True))
    command = [str(Path(sys.executable).with_name("weed")), "server", "-s3", "-ip=127.0.0.1"]
    command += [f"-dir={folder}", f"-s3.config={identities}", "-master.volumeSizeLimitMB=64"]
    command += [f"-{name}={port}" for name, port in ports.items()]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        endpoint = f"http://127.0.0.1:{ports['s3.port']}"
        _wait_for(f"{endpoint}/status", server)
        made = Bucket(endpoint, "files", "us-east-1", _KEY, _SECRET)
        S3Store(made)._client.create_bucket(Bucket="files")
        yield made
    finally:
        server.kill()  # ending in order takes it half a minute, and its files are thrown away
        server.wait(20)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        assert server.poll() is None, "the server ended"
        try:
            with urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "local":
        return LocalStore(tmp_path / "files")
    return S3Store(request.getfixturevalue("bucket"))


@pytest.fixture
def files(store: Store) -> Files:
    """The files of a tenant that nobody else has."""
    return Files(uuid4(), store)


def test_what_was_written_is_read(files: Files) -> None:
    assert files.write("cms/a/original", [b"one ", b"two ", b"three"]) == 13
    assert files.bytes_of("cms/a/original") == b"one two three"
    assert b"".join(files.read("cms/a/original", 4, 7)) == b"two"
    assert b"".join(files.read("cms/a/original", 8)) == b"three"
    assert b"".join(files.read("cms/a/original", 3, 3)) == b""
    assert files.size("cms/a/original") == 13
    stored = files.stored("cms/a/original", "tag")
    assert stored is not None
    assert b"".join(stored.read(0, 3)) == b"one"
    files.write("cms/a/original", [b"other"])
    assert files.bytes_of("cms/a/original") == b"other"
    assert files.write("cms/a/empty", []) == 0
    assert files.bytes_of("cms/a/empty") == b""


def test_what_is_not_there(files: Files) -> None:
    assert files.size("cms/no/file") is None
    assert files.stored("cms/no/file", "tag") is None
    with pytest.raises(FileNotFoundError):
        files.read("cms/no/file")
    files.delete(["cms/no/file"])


def test_large_files_are_written_and_read_in_pieces(files: Files) -> None:
    piece = bytes(range(256)) * 4096
    assert files.write("cms/a/large", repeat(piece, 20)) == 20 * len(piece)
    assert files.size("cms/a/large") == 20 * len(piece)
    assert b"".join(files.read("cms/a/large")) == piece * 20
    assert b"".join(files.read("cms/a/large", 17 * len(piece) + 3, 18 * len(piece))) == piece[3:]
    largest = max(len(one) for one in files.read("cms/a/large"))
    assert largest <= 256 * 1024


def test_what_breaks_off_leaves_nothing(files: Files) -> None:
    def broken(pieces: int) -> Iterator[bytes]:
        yield from repeat(bytes(1024 * 1024), pieces)
        raise RuntimeError("the client is gone")

    for pieces in (1, 20):
        with pytest.raises(RuntimeError):
            files.write("cms/a/broken", broken(pieces))
        assert files.size("cms/a/broken") is None
    assert list(files.list("cms/")) == []


def test_listing_and_deleting(files: Files) -> None:
    for name in ("cms/a/1", "cms/a/2", "cms/b/1", "other/a/1"):
        files.write(name, [name.encode()])
    found = {one.name: one for one in files.list("cms/a/")}
    assert set(found) == {"cms/a/1", "cms/a/2"}
    assert found["cms/a/1"].size == 7
    assert abs(found["cms/a/1"].written_at - datetime.now(UTC)) < timedelta(hours=1)
    files.delete(["cms/a/1", "cms/a/none", "cms/b/1"])
    assert [one.name for one in files.list("cms/")] == ["cms/a/2"]
    assert [one.name for one in files.list("other/")] == ["other/a/1"]


def test_tenants_see_nothing_of_one_another(store: Store) -> None:
    mine, theirs = Files(uuid4(), store), Files(uuid4(), store)
    theirs.write("cms/a/secret", [b"theirs"])
    assert mine.size("cms/a/secret") is None
    assert list(mine.list("cms/")) == []
    mine.delete(["cms/a/secret"])
    assert theirs.bytes_of("cms/a/secret") == b"theirs"


@pytest.mark.parametrize(
    "name",
    ["../a/b", "cms/../../b", "/etc/passwd", "cms", "cms/A/b", "cms//b", "cms/a/\0", "cms/a/.b"],
)
def test_names_lead_nowhere_else(files: Files, name: str) -> None:
    for call in (files.size, files.bytes_of, lambda name: files.write(name, [b""])):
        with pytest.raises(ValueError, match="no name of a stored object"):
            call(name)


def test_a_storage_that_does_not_answer_is_told() -> None:
    (port,) = free_ports(1)
    gone = S3Store(Bucket(f"http://127.0.0.1:{port}", "files", "us-east-1", _KEY, _SECRET))
    with pytest.raises(StorageError):
        gone.size("tenant/cms/a")


def test_a_wrong_key_is_refused(bucket: Bucket) -> None:
    stranger = S3Store(Bucket(bucket.endpoint, "files", "us-east-1", _KEY, "another"))
    for call in (
        lambda: stranger.write("tenant/cms/a", [b"x"]),
        lambda: b"".join(stranger.read("tenant/cms/a")),
        lambda: list(stranger.list("tenant/")),
    ):
        with pytest.raises(StorageError) as told:
            call()
        assert "another" not in str(told.value)


def test_the_setting(tmp_path: Path) -> None:
    def chosen(url: str) -> Store | None:
        return Settings.load({"SPARX_STORAGE_URL": url}).storage_url

    local = chosen(f"file://{tmp_path}")
    assert isinstance(local, LocalStore)
    assert local.folder == tmp_path
    remote = chosen("s3://key:a%2Fb%2B@s3.example.com/files?region=eu-north-1")
    assert isinstance(remote, S3Store)
    assert remote.bucket == Bucket(
        *("https://s3.example.com", "files", "eu-north-1", "key", "a/b+")
    )
    assert "a/b+" not in repr(remote.bucket)
    plain = chosen("s3+http://key:secret@[::1]:9000/files")
    assert isinstance(plain, S3Store)
    assert plain.bucket.endpoint == "http://[::1]:9000"
    for wrong in (
        "s3://s3.example.com/files",
        "s3://key:hidden@s3.example.com",
        "s3://key:hidden@s3.example.com/a/b",
        "ftp://key:hidden@example.com/files",
        "file://host/folder",
        "s3://key:hidden@host:port/files",
    ):
        with pytest.raises(SettingsError) as told:
            chosen(wrong)
        assert "hidden" not in str(told.value)
