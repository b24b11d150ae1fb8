"""``sparx webhook``: what a listener forwards is what a webhook gets, and nothing is missed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from standardwebhooks import Webhook

from sparx_core.app import create_app
from sparx_core.cli import feed, main, remote, webhook_listen
from sparx_core.runtime import Runtime
from sparx_core.settings import Settings
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner, SentWebhooks

PROBES = "/v1/probe/probes"
LINE = re.compile(r"\d\d:\d\d:\d\d  (\S+) +([0-9a-f-]{36})(?:  (.+?)  \d+ ms)?(  \(example\))?")


# -- an API, a receiver, a person at the terminal --------------------------------------------------


class QuietServer(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        """Tests that fail should be told of by themselves."""


class Server:
    """The API on a port, which can be shut and opened again."""

    def __init__(self, app: Any, port: int) -> None:
        self.app, self.port = app, port
        self.open()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        self._server = make_server("127.0.0.1", self.port, self.app, handler_class=QuietServer)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def shut(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Receiver:
    """A program that is being written: it keeps what it gets, and answers ``status``."""

    status: int = 204
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/hook"

    def types(self) -> list[str]:
        return [headers["x-sparx-event"] for headers, _ in self.got]

    @contextmanager
    def listening(self) -> Iterator[Receiver]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append(({**headers, ":path": self.path}, body))
                self.send_response(receiver.status)
                self.send_header("Location", receiver.url + "/elsewhere")
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                """As above."""

        with HTTPServer(("127.0.0.1", self.port), Handler) as server:
            self.port = server.server_port
            thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            yield self
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def server(installation: Runtime) -> Iterator[Server]:
    running = Server(create_app(installation), 0)
    running.port = running._server.server_port
    yield running
    running.shut()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().listening() as listening:
        yield listening


@dataclass
class Terminal:
    """Runs the command in this process: output, errors, exit code."""

    url: str
    key: str
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """At the server, with the key of the tenant."""
        return self.bare("webhook", *arguments, "--url", self.url, "--key", self.key)

    def bare(self, *arguments: str) -> tuple[int, str, str]:
        code: Any = 0
        try:
            main(arguments)
        except SystemExit as ended:
            code = ended.code
        said = self.capture.readouterr()
        # The server is in this process, too, and logs its requests.
        lines = [line for line in said.out.splitlines(True) if not line.startswith("level=")]
        return int(code or 0), "".join(lines), said.err

    def listen(self, meanwhile: Iterator[object], *arguments: str) -> list[str]:
        """The lines of a listener. Whenever it pauses, ``meanwhile`` goes on to its next step; at
        the end of that comes Ctrl-C.
        """
        deadline = time.monotonic() + 60

        def pause(seconds: float) -> None:
            assert time.monotonic() < deadline, self.capture.readouterr().out[-2000:]
            time.sleep(min(seconds, 0.02))
            if next(meanwhile, "ended") == "ended":
                raise KeyboardInterrupt

        self.patch.setattr(webhook_listen, "sleep", pause)
        code, said, errors = self("listen", *arguments)
        assert (code, errors) == (0, ""), errors
        return said.splitlines()


@pytest.fixture
def terminal(
    server: Server,
    tenant: NewTenant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Terminal:
    for name in ("SPARX_URL", "SPARX_KEY", "SPARX_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    # The logs of this process are the tests' own.
    given = {"SPARX_HOME": str(tmp_path), "SPARX_PORT": str(server.port)}
    monkeypatch.setattr(remote, "load_settings", lambda output: Settings.load(given))
    return Terminal(server.url, tenant.api_key, monkeypatch, capsys)


def until(condition: Callable[[], object]) -> Iterator[None]:
    while not condition():
        yield


# -- what is forwarded -----------------------------------------------------------------------------


def test_a_listener_gets_what_a_webhook_gets(
    terminal: Terminal,
    receiver: Receiver,
    api: Api,
    other_api: Api,
    sent_webhooks: SentWebhooks,
    owner: Owner,
) -> None:
    made = {"url": "https://receiver.example/hook", "events": ["probe.*"], "rate": 1000}
    secret = api.post("/v1/webhooks/subscriptions", made).data["secret"]

    def meanwhile() -> Iterator[None]:
        other_api.post(PROBES, {"name": "not yours"})
        probe = api.post(PROBES, {"name": "Zoë ✓ 🧪", "content": {"price": 1.10, "n": [1, None]}})
        path = f"{PROBES}/{probe.data['id']}"
        api.patch(path, {"name": 'quotes "\\" </script>'})
        api.delete(path)
        large = api.post(PROBES, {"name": "more than may be sent"}).data
        owner.execute(
            "UPDATE core.events SET data = %s WHERE aggregate_id = %s",
            json.dumps({"id": large["id"], "text": "é" * 150_000}, ensure_ascii=False),
            large["id"],
        )
        api.post("/v1/webhooks/trigger", {"type": "probe.created"})
        yield from until(lambda: len(receiver.got) == 5)

    said = terminal.listen(meanwhile(), "--forward", receiver.url, "--secret", secret)
    sent = sent_webhooks()
    verbs = ["created", "updated", "deleted", "created", "created"]
    assert [one.type for one in sent] == [f"probe.{verb}" for verb in verbs]
    assert [body for _, body in receiver.got] == [one.body for one in sent]
    bodies = [json.loads(one.body) for one in sent]
    assert [number for number, one in enumerate(bodies) if "truncated" in one] == [3]
    assert [number for number, one in enumerate(bodies) if "test" in one] == [4]
    changing = {"x-sparx-delivery", "x-sparx-signature", "webhook-timestamp", "webhook-signature"}
    for (headers, body), one in zip(receiver.got, sent, strict=True):
        own = {name for name in headers if name.startswith(("x-sparx-", "webhook-", "content-t"))}
        assert own == set(one.headers)
        assert {name: headers[name] for name in own - changing} == {
            name: one.headers[name] for name in own - changing
        }
        assert headers[":path"] == "/hook"
        assert headers["user-agent"].startswith("Sparx-Webhooks/")
        Webhook(secret).verify(body, headers)
    deliveries = {headers["x-sparx-delivery"] for headers, _ in receiver.got}
    assert len(deliveries) == 5

    tenant = api.get("/v1/me").data["tenant"]["slug"]
    assert said[:2] == [
        f"Listening to {tenant} at {terminal.url}. Ctrl-C ends.",
        f"Forwarding to {receiver.url}",
    ]
    assert secret not in "\n".join(said)
    found = [LINE.fullmatch(line) for line in said[2:-2]]
    assert [one and one.groups() for one in found] == [
        (one.type, one.json["id"], "204", "  (example)" if one.json.get("test") else None)
        for one in sent
    ]
    assert said[-2:] == ["", "5 events: 5 answered with 2xx, 0 not."]


def test_nothing_is_missed_while_the_server_is_away(
    terminal: Terminal, server: Server, receiver: Receiver, api: Api
) -> None:
    terminal.patch.setattr(feed, "_TAKE", "2")
    lost: list[None] = []

    def meanwhile() -> Iterator[None]:
        api.post(PROBES, {"name": "before"})
        yield from until(lambda: len(receiver.got) == 1)
        server.shut()
        try:
            for number in range(5):
                api.post(PROBES, {"name": f"meanwhile {number}"})
            for _ in range(4):
                lost.append(None)
                yield
        finally:
            server.open()
        yield from until(lambda: len(receiver.got) == 6)
        api.post(PROBES, {"name": "after"})
        yield from until(lambda: len(receiver.got) == 7)
        yield  # once more with nothing new

    said = terminal.listen(meanwhile(), "--forward", receiver.url, "--json")
    names = [json.loads(body)["data"]["name"] for _, body in receiver.got]
    assert names == ["before", *(f"meanwhile {number}" for number in range(5)), "after"]
    assert len(lost) == 4
    kinds = [json.loads(line)["kind"] for line in said]
    assert kinds == ["listening", "event", "lost", "found", *["event"] * 6, "end"]
    begun, away, ended = (json.loads(said[at]) for at in (0, 2, -1))
    Webhook(begun["secret"]).verify(receiver.got[0][1], receiver.got[0][0])
    assert away["message"].startswith(f"No Sparx answers at {terminal.url}: ")
    assert ended == {"kind": "end", "events": 7, "arrived": 7, "failed": 0}


def test_what_does_not_arrive_is_told_and_not_sent_again(terminal: Terminal, api: Api) -> None:
    receiver = Receiver(status=302)
    with receiver.listening():
        pass  # its port is known, and nobody listens there

    def meanwhile() -> Iterator[None]:
        api.post(PROBES, {"name": "nobody listens"})
        seen = receiver.port
        yield from until(lambda: count() == 1)
        with receiver.listening():
            assert receiver.port == seen
            for number, status in enumerate((302, 500, 200), start=1):
                receiver.status = status
                api.post(PROBES, {"name": str(status)})
                yield from until(lambda number=number: len(receiver.got) == number)
            yield

    told: list[Any] = []
    plain = webhook_listen.Report.event

    def count() -> int:
        return len(told)

    def event(self: Any, event: Any, forwarded: Any) -> None:
        told.append(forwarded)
        plain(self, event, forwarded)

    terminal.patch.setattr(webhook_listen.Report, "event", event)
    said = terminal.listen(meanwhile(), "--forward", receiver.url, "--json")
    lines = [json.loads(line) for line in said[1:]]
    assert [(one["status"], one["error"]) for one in lines[:-1]] == [
        (None, "The server refused the connection."),
        (302, None),
        (500, None),
        (200, None),
    ]
    assert lines[-1] == {"kind": "end", "events": 4, "arrived": 1, "failed": 3}
    assert [json.loads(body)["data"]["name"] for _, body in receiver.got] == ["302", "500", "200"]
    assert {headers[":path"] for headers, _ in receiver.got} == {"/hook"}


def test_only_what_is_asked_for_is_shown(terminal: Terminal, api: Api) -> None:
    seen: list[Any] = []
    terminal.patch.setattr(
        webhook_listen.Report, "event", lambda self, event, forwarded: seen.append(event.type)
    )

    def meanwhile() -> Iterator[None]:
        probe = api.post(PROBES, {"name": "made"}).data
        api.patch(f"{PROBES}/{probe['id']}", {"name": "changed"})
        api.delete(f"{PROBES}/{probe['id']}")
        yield from until(lambda: len(seen) == 2)
        yield

    said = terminal.listen(
        meanwhile(), "--events", "probe.deleted, probe.created", "--events", "webhook.*"
    )
    assert seen == ["probe.created", "probe.deleted"]
    # Without a receiver there is nothing to sign.
    assert len(said) == 3
    assert said[-1] == "0 events."


# -- what is asked wrongly -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code", "told"),
    [
        (("listen", "--events", "probe.create"), 1, "unknown_event", "Near to it: probe.created"),
        (("listen", "--events", "probes.*"), 1, "unknown_event", "probe.*"),
        (("listen", "--events", "key.created"), 1, "unknown_event", "key.created"),
        (("listen", "--forward", "localhost:3000"), 2, "usage_error", "localhost:3000"),
        (("listen", "--forward", "ftp://localhost/"), 2, "usage_error", "ftp://localhost/"),
        (
            ("listen", "--forward", "http://localhost/", "--secret", "hunter2"),
            2,
            "usage_error",
            "begins with whsec_",
        ),
        (("trigger", "probe.creatd"), 1, "unknown_event", "Near to it: probe.created"),
        (("trigger", "probe.*"), 1, "unknown_event", "probe.*"),
        (("trigger", "key.created"), 1, "unknown_event", "key.created"),
        (("trigger", ""), 1, "unknown_event", "sparx webhook trigger"),
    ],
)
def test_wrong_arguments_are_told_and_write_nothing(
    terminal: Terminal,
    nothing_written: Any,
    arguments: tuple[str, ...],
    exit_code: int,
    code: str,
    told: str,
) -> None:
    with nothing_written():
        found, said, errors = terminal(*arguments, "--json")
    error = json.loads(errors)["error"]
    assert (found, said, error["code"]) == (exit_code, "", code)
    assert told in error["message"]
    assert "hunter2" not in errors


@pytest.mark.parametrize("command", ["listen", "trigger"])
def test_server_or_key_that_is_none(
    terminal: Terminal, command: str, api: Api, tmp_path: Path, free_port: int
) -> None:
    def error(*arguments: str) -> tuple[int, str]:
        code, said, errors = terminal.bare("webhook", command, *arguments, "--json")
        assert said == ""
        return code, json.loads(errors)["error"]["code"]

    nobody = f"http://127.0.0.1:{free_port}"
    weak = api.post("/v1/keys", {"name": "weak", "scopes": ["read:probe"]}).data["key"]
    assert error() == (1, "no_key")
    assert error("--url", terminal.url) == (1, "no_key")
    assert error("--url", nobody, "--key", terminal.key) == (1, "unreachable")
    assert error("--url", terminal.url, "--key", "sk_live_wrong") == (1, "unauthorized")
    if command == "listen":
        assert error("--url", terminal.url, "--key", weak) == (1, "insufficient_scope")
    for url in (
        "shop.example",
        "ftp://a.example",
        "http://",
        "http://a@b.example",
        "http://ä.example",
    ):
        assert error("--url", url, "--key", terminal.key) == (2, "usage_error")
    for url in ("http://a b", "http://[::1", "http://a.example:x", "http://a.example/?b=1"):
        assert error("--url", url, "--key", terminal.key) == (2, "usage_error")
    assert error("--url", terminal.url, "--key", "a key") == (2, "usage_error")
    with Receiver(status=200).listening() as stranger:
        assert error("--url", stranger.url, "--key", terminal.key) == (1, "unreachable")


# -- examples --------------------------------------------------------------------------------------


def test_types_are_listed(terminal: Terminal, api: Api) -> None:
    code, said, _ = terminal("trigger")
    assert code == 0
    lines = said.splitlines()
    assert lines[0].split() == ["TYPE", "MEANS"]
    assert re.search(r"^probe\.created +A probe was created\.$", said, re.MULTILINE)
    assert "key.created" not in said
    listed = json.loads(terminal("trigger", "--json")[1])["types"]
    public = [one["type"] for one in api.get("/v1/events/types").data if one["public"]]
    assert [one["type"] for one in listed] == public
    assert len(lines) == len(listed) + 1


def test_an_example_goes_to_those_who_want_it(
    terminal: Terminal, api: Api, other_api: Api, sent_webhooks: SentWebhooks, owner: Owner
) -> None:
    _, said, _ = terminal("trigger", "probe.created")
    assert re.fullmatch(
        r"An example of probe\.created, \S{36}, goes to no subscription; .+\.\n", said
    )
    for client in (api, api, other_api):
        made = {"url": "https://receiver.example/hook", "events": ["probe.created"]}
        assert client.post("/v1/webhooks/subscriptions", made).status == 201
    code, said, _ = terminal("trigger", "probe.created", "--json")
    made = json.loads(said)
    assert (code, made["type"], made["subscriptions"]) == (0, "probe.created", 2)
    assert [(one.json["id"], one.json["test"]) for one in sent_webhooks()] == [
        (made["eventId"], True)
    ] * 2
    assert owner.value(
        "SELECT count(*) FROM probe.probes WHERE tenant_id = ANY(%s)", sent_webhooks.tenants
    ) == 0  # fmt: skip


def test_what_is_not_given_is_taken_from_the_environment_or_the_demo(
    terminal: Terminal, server: Server, tmp_path: Path, tenant: NewTenant, other_tenant: NewTenant
) -> None:
    slugs = []

    def begin(self: Any, server: str, tenant: str, *more: Any) -> None:
        slugs.append(tenant)
        raise KeyboardInterrupt

    terminal.patch.setattr(webhook_listen.Report, "begin", begin)
    (tmp_path / "demo.json").write_text(
        json.dumps({"slug": "demo", "api_key": terminal.key, "customer_id": None})
    )
    assert terminal.bare("webhook", "listen")[0] == 0
    terminal.patch.setenv("SPARX_KEY", other_tenant.api_key)
    assert terminal.bare("webhook", "listen")[0] == 0
    terminal.patch.setenv("SPARX_URL", f"{server.url}/v1/")
    assert terminal.bare("webhook", "listen", "--key", terminal.key)[0] == 0
    terminal.patch.setenv("SPARX_KEY", "")
    code, _, errors = terminal.bare("webhook", "listen")
    # The demo's key is of this machine, and not for a server somewhere.
    assert (code, errors.split(":")[0]) == (1, "Error")
    assert slugs == [tenant.slug, other_tenant.slug, tenant.slug]


def test_ctrl_c_ends_it(server: Server, tenant: NewTenant, api: Api, tmp_path: Path) -> None:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("SPARX_")}
    given = {"SPARX_HOME": str(tmp_path), "SPARX_URL": server.url, "SPARX_KEY": tenant.api_key}
    running = subprocess.Popen(
        [sys.executable, "-m", "sparx_core.cli", "webhook", "listen", "--json"],
        env={**kept, **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert json.loads(running.stdout.readline())["url"] == server.url
    api.post(PROBES, {"name": "seen"})
    assert json.loads(running.stdout.readline())["type"] == "probe.created"
    running.send_signal(signal.SIGINT)
    said, errors = running.communicate(timeout=60)
    assert (running.returncode, errors) == (0, "")
    assert json.loads(said) == {"kind": "end", "events": 1}
