"""A wire to the database that a test can cut."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Thread

from psycopg2.extensions import parse_dsn

from sparx_core.db.dsn import built


class Wire:
    """A TCP port on this machine that leads to the server of a database URL.

    ``cut`` is what a server that dies or a network that fails looks like from here: nothing
    listens any more, and the connections there are end.
    """

    def __init__(self, url: str) -> None:
        self.parts = parse_dsn(url)
        self.port = 0
        self.open: list[socket.socket] = []
        self.listener: socket.socket | None = None
        self.mend()

    @property
    def url(self) -> str:
        here = {"host": "127.0.0.1", "port": str(self.port), "application_name": "wire"}
        return built({**self.parts, **here})

    def mend(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self.listener = listener
        Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        if self.listener is not None:
            with suppress(OSError):
                self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None
        self.drop()

    def drop(self) -> None:
        """End the connections there are; new ones can be made."""
        dropped, self.open = self.open, []
        for one in dropped:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = self._connect()
                self.open += [client, server]
                for source, target in ((client, server), (server, client)):
                    Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _connect(self) -> socket.socket:
        host, port = self.parts.get("host", "127.0.0.1"), self.parts.get("port", "5432")
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
