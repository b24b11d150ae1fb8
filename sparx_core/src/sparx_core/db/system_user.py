"""Whom the embedded PostgreSQL runs as: the user itself, but never root, which it refuses."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

#: Tried in this order when Sparx runs as root; the second is made if neither exists.
_CANDIDATES = ("postgres", "sparx-postgres")


@dataclass(frozen=True)
class SystemUser:
    """The account of the server. ``ids`` is None when that is simply ours."""

    ids: tuple[int, int] | None

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program as this user, in the root folder and a neutral environment."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PG", "LC_", "LANG"))
        }
        identity: dict[str, object] = {}
        if self.ids is not None:
            identity = {"user": self.ids[0], "group": self.ids[1], "extra_groups": []}
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            [str(part) for part in command],
            env={**environment, "LC_ALL": "C"},
            # Not a pipe: the server would inherit it and keep its reader waiting.
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            check=False,
            **identity,
        )

    def own(self, path: Path) -> None:
        if self.ids is not None:
            os.chown(path, *self.ids)

    def write(self, path: Path, text: str) -> None:
        """Replace a file of the data directory."""
        fresh = path.with_name(f"{path.name}.new")
        fresh.write_text(text)
        self.own(fresh)
        fresh.replace(path)

    def let_in(self, *paths: Path) -> None:
        """Let the user reach ``paths``: as root, what is above them may be closed to others.

        Only passing through is granted (``o+x``), not listing. The server's programs, when they
        were installed unreadable to others, are opened with all that is beside them.
        """
        if self.ids is None:
            return
        for path in paths:
            for above in path.resolve().parents:
                _add_mode(above, stat.S_IXOTH)
        programs = paths[-1]
        if self.run(programs / "postgres", "--version").returncode != 0:
            for entry in [programs.parent, *programs.parent.rglob("*")]:
                extra = stat.S_IXOTH if entry.is_dir() or os.access(entry, os.X_OK) else 0
                _add_mode(entry, stat.S_IROTH | extra)


def _add_mode(path: Path, mode: int) -> None:
    present = path.stat().st_mode
    if present & mode != mode:
        path.chmod(present | mode)


def postgres_user(data: Path) -> SystemUser:
    """Who owns ``data``; for a new data directory, the account that it should belong to."""
    if os.geteuid() != 0:
        return SystemUser(None)
    if data.exists() and data.stat().st_uid != 0:
        return SystemUser((data.stat().st_uid, data.stat().st_gid))
    for name in _CANDIDATES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return SystemUser((found.pw_uid, found.pw_gid))
    _add_user(_CANDIDATES[-1])
    found = pwd.getpwnam(_CANDIDATES[-1])
    return SystemUser((found.pw_uid, found.pw_gid))


def _add_user(name: str) -> None:
    """Debian's and Red Hat's command, else Alpine's."""
    failure = ""
    for command in (
        ["useradd", "--system", "--user-group", "--no-create-home", name],
        ["adduser", "-S", "-D", "-H", name],
    ):
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
            return
        except FileNotFoundError:
            continue
        except subprocess.CalledProcessError as error:
            failure = error.stderr.strip()
    raise OSError(
        f"PostgreSQL does not run as root, and the user {name} cannot be made ({failure})."
        f" Make a system user of that name, or run Sparx as another user."
    )
