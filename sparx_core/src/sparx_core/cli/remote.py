"""An installation as a client has it: a URL and an API key, wherever it runs."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import click

from sparx_core.cli.demo import read_demo
from sparx_core.cli.output import CommandError, Output
from sparx_core.cli.ports import base_url
from sparx_core.cli.session import load_settings

#: Seconds that an answer may keep this waiting.
_SECONDS = 15.0

url_option = click.option(
    "--url",
    envvar="SPARX_URL",
    help="The server, such as https://api.example.com; else SPARX_URL, else this machine's.",
)
key_option = click.option(
    "--key",
    envvar="SPARX_KEY",
    metavar="KEY",
    help="An API key; else SPARX_KEY, else that of the demo tenant.",
)


class Unreachable(CommandError):
    """No usable answer, which may be different in a moment: in ``wait`` seconds, if it says so."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__("unreachable", message)
        self.wait = wait


@dataclass(frozen=True)
class RemoteTenant:
    """Whose key it is."""

    id: UUID
    slug: str
    livemode: bool = True


@dataclass(frozen=True)
class Remote:
    """The API at ``url``, for the bearer of ``key``. It is asked directly, not through a proxy."""

    url: str
    key: str

    def get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """The body of a success."""
        return self._call("GET", f"{path}?{urlencode(query)}" if query else path, None)

    def post(self, path: str, body: Any) -> bytes:
        return self._call("POST", path, json.dumps(body))

    def tenant(self) -> RemoteTenant:
        """The first thing to ask: whether the server is there, and knows the key."""
        try:
            found = json.loads(self.get("/v1/me"))["data"]["tenant"]
            return RemoteTenant(
                UUID(found["id"]), str(found["slug"]), bool(found.get("livemode", True))
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CommandError("not_sparx", f"{self.url} does not answer as Sparx does.") from None

    def _call(self, method: str, path: str, body: str | None) -> bytes:
        """Raises ``CommandError`` for a refusal and ``Unreachable`` for what may pass."""
        connection = self._connection()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        try:
            connection.request(method, f"{urlsplit(self.url).path}{path}", body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            told = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise Unreachable(f"No Sparx answers at {self.url}: {told}") from None
        finally:
            connection.close()
        if response.status == 429 or response.status >= 500:
            wait = response.headers.get("Retry-After", "")
            told = f"{self.url} answers {response.status}: {_refusal(content)[1]}"
            raise Unreachable(told, float(wait) if wait.isdecimal() else 0.0)
        if response.status >= 400:
            raise CommandError(*_refusal(content))
        if not 200 <= response.status < 300 or not content.startswith(b"{"):
            raise CommandError(
                "not_sparx", f"{self.url} does not answer as Sparx does: {response.status}."
            )
        return content

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        if parts.scheme == "https":
            return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=_SECONDS)
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=_SECONDS)


def find_remote(output: Output, url: str | None, key: str | None) -> Remote:
    """What the options say; else what runs on this machine, with the key of its demo tenant."""
    settings = load_settings(output)
    if url is None:
        url = base_url(settings.host, settings.port)
        if not key:
            demo = read_demo(settings.home / "demo.json")
            key = None if demo is None else demo.api_key
        if not key:
            raise CommandError(
                "no_key",
                f"There is no demo tenant in {settings.home}. Start one with sparx dev, or give a"
                " server and an API key: --url and --key, or SPARX_URL and SPARX_KEY.",
            )
    if not key:
        raise CommandError("no_key", f"An API key for {url} is missing: --key, or SPARX_KEY.")
    return Remote(_checked_url(url), _checked_key(key))


def _checked_url(url: str) -> str:
    """Without what follows the place where ``/v1`` is."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        usable = usable and not ("@" in parts.netloc or parts.query or parts.fragment)
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        raise click.BadParameter(f"{url!r} is not a URL such as https://api.example.com.")
    return url.rstrip("/").removesuffix("/v1").rstrip("/")


def _checked_key(key: str) -> str:
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise click.BadParameter("The API key holds what no key does.")
    return key


def _refusal(content: bytes) -> tuple[str, str]:
    """Code and message of the envelope, with what is wrong with each field."""
    try:
        error = json.loads(content)["error"]
        code, message = str(error["code"]), str(error["message"])
        details = error.get("details")
    except (ValueError, KeyError, TypeError, AttributeError):
        return "not_sparx", "It does not answer as Sparx does."
    if isinstance(details, list):
        message = " ".join([message, *(str(one["message"]) for one in details if "message" in one)])
    return code, message


def addresses_of(name: str) -> list[str]:
    """The addresses of a name as this machine knows it, its own file of names included."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(one[4][0]) for one in found]
