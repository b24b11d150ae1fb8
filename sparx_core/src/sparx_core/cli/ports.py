"""Whether the API can listen where it is told to."""

from __future__ import annotations

import errno
import socket

from sparx_core.cli.output import CommandError


def require_free(host: str, port: int) -> None:
    """Raise ``CommandError`` with the way out if nobody could listen on ``host``:``port``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        # As gunicorn does: connections of a server that has just ended do not count.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    "port_taken",
                    f"Port {port} on {host} is taken. Stop what listens there, or choose"
                    f" another: PORT={port + 1 if port < 65535 else port - 1}",
                ) from None
            raise CommandError(
                "cannot_listen", f"The API cannot listen on {host}:{port}: {error.strerror}"
            ) from None


def reachable(host: str) -> str:
    """The address under which a server that listens on ``host`` is reached from here."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


def base_url(host: str, port: int) -> str:
    place = reachable(host)
    return f"http://[{place}]:{port}" if ":" in place else f"http://{place}:{port}"
