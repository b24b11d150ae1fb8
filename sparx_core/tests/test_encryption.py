"""Sealing: what is sealed opens with the right keys, in its place, and nowhere else."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from sparx_core.encryption import EncryptionError, Keyring, load_keyring
from sparx_core.settings import Settings, SettingsError

ONE, TWO = secrets.token_bytes(32), secrets.token_bytes(32)


def settings(home: Path, **more: str) -> Settings:
    return Settings.load({"SPARX_HOME": str(home), **more})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home where Sparx keeps the passwords of a database."""
    (tmp_path / "credentials.json").write_text("{}")
    return tmp_path


def test_the_first_key_seals_and_each_opens() -> None:
    before = Keyring((ONE,)).seal(b"secret", b"place")
    both = Keyring((TWO, ONE))
    assert both.open(before, b"place") == b"secret"
    fresh = both.seal(b"secret", b"place")
    assert Keyring((TWO,)).open(fresh, b"place") == b"secret"
    with pytest.raises(EncryptionError, match="SPARX_ENCRYPTION_KEYS"):
        Keyring((ONE,)).open(fresh, b"place")
    assert b"secret" not in fresh
    assert fresh != both.seal(b"secret", b"place")


def test_what_was_changed_or_moved_does_not_open() -> None:
    keyring = Keyring((ONE,))
    sealed = keyring.seal(b"secret", b"place")
    with pytest.raises(EncryptionError):
        keyring.open(sealed, b"other place")
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(EncryptionError):
            keyring.open(bytes(changed), b"place")
    for short in range(len(sealed)):
        with pytest.raises(EncryptionError):
            keyring.open(sealed[:short], b"place")


def test_the_setting_counts_and_writes_no_file(tmp_path: Path) -> None:
    given = ",".join(base64.b64encode(key).decode() for key in (ONE, TWO))
    assert load_keyring(settings(tmp_path, SPARX_ENCRYPTION_KEYS=given)).keys == (ONE, TWO)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["x", "AAAA", pytest.param(base64.b64encode(ONE).decode() + ",", id="one missing")]
)
def test_what_is_no_key_is_refused_without_repeating_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(tmp_path, SPARX_ENCRYPTION_KEYS=text)
    (told,) = refused.value.problems
    expected = "SPARX_ENCRYPTION_KEYS must be keys of 32 bytes in base64, separated by commas"
    assert told == expected


_LOAD = (
    "from sparx_core.encryption import load_keyring; from sparx_core.settings import Settings;"
    " print(load_keyring(Settings.load()).keys[0].hex())"
)


def test_a_private_file_is_made_once_by_whoever_is_first(home: Path) -> None:
    environment = {**os.environ, "SPARX_HOME": str(home)}
    command = [sys.executable, "-c", _LOAD]
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    found = {process.communicate(timeout=60)[0].strip() for process in running}
    (key,) = found
    file = home / "encryption_keys"
    assert os.stat(file).st_mode & 0o777 == 0o600
    assert base64.b64decode(file.read_text()).hex() == key


def test_keys_can_be_added_to_the_file(home: Path) -> None:
    before = load_keyring(settings(home)).keys[0]
    file = home / "encryption_keys"
    file.write_text(base64.b64encode(ONE).decode() + "\n" + file.read_text())
    assert load_keyring(settings(home)).keys == (ONE, before)
    file.write_text("nonsense")
    with pytest.raises(EncryptionError, match="encryption_keys"):
        load_keyring(settings(home))


def test_a_machine_that_shares_nothing_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(EncryptionError, match="SPARX_ENCRYPTION_KEYS"):
        load_keyring(settings(tmp_path))
    assert list(tmp_path.iterdir()) == []
