"""PostgreSQL, Redis, PgBouncer and nginx of a test's own, in temporary folders on free ports."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from sparx_core.db.system_user import SystemUser, postgres_user
from tests.live.processes import alive, environment, free_port, require, until

#: Debian's, which no Sparx process starts by itself.
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
_PASSWORD = "only-for-this-test"
_CONFIGURATION = """
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
max_connections = 100
"""


@dataclass
class PostgresServer:
    """A cluster that only this test knows; ``binaries`` decides the version."""

    binaries: Path
    folder: Path
    port: int = field(default_factory=free_port)
    host: str = "127.0.0.1"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def user(self) -> SystemUser:
        return postgres_user(self.data)

    def url(self, database: str = "sparx", user: str = "admin", password: str = _PASSWORD) -> str:
        """A login, by default that of the superuser."""
        return f"postgresql://{user}:{password}@{self.host}:{self.port}/{database}"

    def create(self) -> None:
        """Make the cluster with an empty database ``sparx``, and start it."""
        self.data.mkdir(parents=True, mode=0o700)
        user = self.user
        user.own(self.data)
        user.let_in(self.data, self.binaries)
        secret = self.data.with_name("password")
        secret.write_text(_PASSWORD)
        user.own(secret)
        self._run(
            *("initdb", "--username=admin", "--auth=scram-sha-256", "--encoding=UTF8"),
            *("--locale=C.UTF-8", f"--pwfile={secret}", "--no-sync"),
        )
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write(_CONFIGURATION.format(host=self.host, port=self.port))
        with (self.data / "pg_hba.conf").open("a") as access:
            access.write(f"host all all {self.host}/24 scram-sha-256\n")
        self.start()
        connection = psycopg2.connect(self.url("postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE sparx")
        connection.close()

    def start(self) -> None:
        log = self.data / "server.log"
        self._run("pg_ctl", "start", "-w", "-s", "-t60", "-l", str(log))

    def crash(self) -> None:
        """As after a power cut: connections break, the next start recovers."""
        self._run("pg_ctl", "stop", "-w", "-s", "-m", "immediate")

    def remove(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self.crash()

    def _run(self, program: str, *arguments: str) -> None:
        done = self.user.run(self.binaries / program, *arguments, "-D", self.data)
        assert done.returncode == 0, done.stderr


@dataclass
class Daemon:
    """A program in the foreground that a test starts and ends."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def launch(self, command: Sequence[str | Path], *, as_postgres: bool = False) -> None:
        user = postgres_user(self.folder) if as_postgres else SystemUser(None)
        owner, group = user.ids or (None, None)
        user.own(self.folder)
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=owner,
                group=group,
                extra_groups=None if owner is None else [],
            )

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            if alive(self.process.pid):
                self.process.send_signal(number)
            self.process.wait(timeout=30)


class RedisServer(Daemon):
    """Redis without persistence: what dies with it is gone."""

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        require("redis-server")
        self.folder.mkdir(exist_ok=True)
        self.launch(
            [
                *("redis-server", "--port", str(self.port), "--bind", "127.0.0.1"),
                *("--save", "", "--appendonly", "no", "--dir", self.folder),
            ]
        )
        until(self._answers, 20, "Redis answers")

    def call(self, *command: str) -> object:
        import redis

        client = redis.Redis(port=self.port)
        try:
            return client.execute_command(*command)  # type: ignore[no-untyped-call]
        finally:
            client.close()

    def _answers(self) -> bool:
        import redis

        try:
            return bool(self.call("PING"))
        except redis.exceptions.ConnectionError:
            return False


class PgBouncer(Daemon):
    """PgBouncer in transaction mode, with one server connection for each login."""

    def start(self, server: PostgresServer, logins: dict[str, str], database: str) -> None:
        require("pgbouncer")
        self.folder.mkdir(exist_ok=True)
        users = self.folder / "users.txt"
        users.write_text("".join(f'"{name}" "{word}"\n' for name, word in logins.items()))
        configuration = self.folder / "pgbouncer.ini"
        configuration.write_text(
            "[databases]\n"
            f"{database} = host=127.0.0.1 port={server.port} dbname={database}\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"auth_type = scram-sha-256\nauth_file = {users}\n"
            "pool_mode = transaction\ndefault_pool_size = 1\nmax_client_conn = 200\n"
        )
        user = postgres_user(self.folder)
        user.let_in(users, server.binaries)
        user.own(users)
        user.own(configuration)
        self.launch(["pgbouncer", configuration], as_postgres=True)
        until(lambda: "process up" in self.log(), 20, "PgBouncer is up")

    def url(self, user: str, password: str, database: str) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"


class Nginx(Daemon):
    """nginx with the configuration that the documentation ships, without its TLS."""

    def start(self, configuration: Path, upstream: int) -> None:
        require("nginx")
        self.folder.mkdir(exist_ok=True)
        text = configuration.read_text()
        lines = [line for line in text.splitlines() if not line.strip().startswith("ssl_")]
        text = "\n".join(lines)
        for shipped, here in {
            "listen 443 ssl http2;": f"listen 127.0.0.1:{self.port};",
            "server 127.0.0.1:8000;": f"server 127.0.0.1:{upstream};",
        }.items():
            assert text.count(shipped) == 1, shipped
            text = text.replace(shipped, here)
        (self.folder / "sparx.conf").write_text(text + "\n")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in kinds)
        (self.folder / "nginx.conf").write_text(
            f"daemon off;\npid {self.folder}/pid;\nuser root;\nworker_processes 1;\n"
            f"error_log {self.folder}/error.log;\nevents {{ worker_connections 4096; }}\n"
            f"http {{\naccess_log off;\n{paths}include {self.folder}/sparx.conf;\n}}\n"
        )
        self.launch(["nginx", "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log"])
        until(self._listens, 20, "nginx listens")

    def _listens(self) -> bool:
        with socket.socket() as trial:
            return trial.connect_ex(("127.0.0.1", self.port)) == 0
