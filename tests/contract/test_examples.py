"""The requests in the documentation get the answers that are printed under them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from sparx_core.testing import Answer, Api, DeliveryRun, Owner, SentWebhooks, TenantMaker

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```http\n(.*?)\n```$", re.DOTALL | re.MULTILINE)

#: Values that differ from run to run: what they look like, or which field they are in.
_VOLATILE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    r"|sk_(?:live|test)_[0-9A-Za-z]{8}_[0-9A-Za-z]{32}"
    r"|whsec_[0-9A-Za-z+/]{43}="
    r"|(?:/v1/[a-z]+/public/[a-z]+/)?lnk_[0-9A-Za-z_-]{43}(?:/[a-z]+\?v=1)?"
)
_VOLATILE_FIELDS = {
    *("actor", "keyId", "last4", "slug", "requestId", "next_cursor", "milliseconds", "sequence"),
    *("next_token", "createdBy", "updatedBy"),
}
_PLACES = ("next_cursor", "next_token")


@dataclass(frozen=True)
class Message:
    """One ``http`` block of a page: its first line, headers and body."""

    start: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Example:
    """A request and the answer that the page promises."""

    request: Message
    answer: Message


def examples(page: str) -> list[Example]:
    """The requests of a page in order; each must be followed by its answer."""
    messages = [_message(block[1]) for block in _BLOCK.finditer(page)]
    assert messages, "there are no examples"
    assert len(messages) % 2 == 0, "an example lacks its answer"
    pairs = list(zip(messages[::2], messages[1::2], strict=True))
    assert all(answer.start.startswith("HTTP/1.1 ") for _, answer in pairs)
    return [Example(request, answer) for request, answer in pairs]


def _message(text: str) -> Message:
    head, _, body = text.partition("\n\n")
    start, *lines = head.splitlines()
    return Message(start, dict(line.split(": ", 1) for line in lines), body)


class Replay:
    """Sends the requests of a page, with the values of this run in place of the printed ones."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.learned: dict[str, str] = {}

    def send(self, request: Message) -> Answer:
        method, path = self._present(request.start).split(" ", 1)
        path, _, query = path.partition("?")
        return self.api.request(
            method,
            path,
            query=query,
            body=self._present(request.body).encode() or None,
            headers=request.headers,
        )

    def compare(self, printed: Message, answer: Answer) -> None:
        """Fail unless the answer is the printed one, but for values that nobody can foresee."""
        status = HTTPStatus(answer.status)
        assert printed.start == f"HTTP/1.1 {status.value} {status.phrase}", answer.text
        for name, value in printed.headers.items():
            assert answer.headers.get(name) == value, name
        differences = list(self._differences(_parsed(printed.body), _parsed(answer.text), ""))
        assert not differences, "\n".join([*differences, answer.text])

    def _present(self, text: str) -> str:
        for printed, present in self.learned.items():
            text = text.replace(printed, present)
        return text

    def _differences(self, printed: Any, present: Any, path: str) -> Iterator[str]:
        if isinstance(printed, dict) and isinstance(present, dict):
            if list(printed) != list(present):
                yield f"{path}: {list(printed)} is printed, {list(present)} came"
            for name in printed.keys() & present.keys():
                yield from self._differences(printed[name], present[name], f"{path}.{name}")
        elif isinstance(printed, list) and isinstance(present, list):
            if len(printed) != len(present):
                yield f"{path}: {len(printed)} entries are printed, {len(present)} came"
            for index, (one, other) in enumerate(zip(printed, present, strict=False)):
                yield from self._differences(one, other, f"{path}[{index}]")
        elif not self._is_same(printed, present, path.rpartition(".")[2]):
            yield f"{path}: {printed!r} is printed, {present!r} came"

    def _is_same(self, printed: Any, present: Any, name: str) -> bool:
        if type(printed) is not type(present):
            # 0 and 0.5 milliseconds are both numbers.
            return name == "milliseconds" and not isinstance(present, str | bool | None)
        if name in _VOLATILE_FIELDS:
            if name in _PLACES and isinstance(printed, str):
                self.learned.setdefault(printed, present)
            return True
        if isinstance(printed, str) and _VOLATILE.fullmatch(printed):
            if not printed.endswith("Z"):
                self.learned.setdefault(printed, present)
                return self.learned[printed] == present
            return _VOLATILE.fullmatch(present) is not None
        # As text: 2316.0 is not what is promised where 2316.00 is.
        return str(printed) == str(present)


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


@pytest.mark.modules("crm")
def test_examples_of_the_api_page_are_answered_as_printed(
    anonymous: Api, new_tenant: TenantMaker
) -> None:
    tenant = new_tenant("acme", name="Acme")
    replay = Replay(anonymous.with_key(tenant.api_key))
    for example in examples((ROOT / "docs" / "api.md").read_text(encoding="utf-8")):
        replay.compare(example.answer, replay.send(example.request))


@pytest.mark.modules("crm")
def test_examples_of_the_page_on_many_rows_are_answered_as_printed(api: Api) -> None:
    replay = Replay(api)
    for example in examples((ROOT / "docs" / "bulk.md").read_text(encoding="utf-8")):
        replay.compare(example.answer, replay.send(example.request))


@pytest.mark.modules("crm")
def test_examples_of_the_page_on_events_are_answered_as_printed(api: Api, owner: Owner) -> None:
    replay = Replay(api)
    # Ranges go back some months and no further, whenever this is run.
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    replay.learned["2026-11-26T02:00:00Z"] = f"{hour_ago:%Y-%m-%dT%H:%M:%SZ}"
    for example in examples((ROOT / "docs" / "events.md").read_text(encoding="utf-8")):
        if "/events/feed" in example.request.start:
            owner.settle()
        replay.compare(example.answer, replay.send(example.request))


@pytest.mark.modules("crm")
def test_examples_of_the_page_on_webhooks_are_answered_as_printed(
    api: Api, sent_webhooks: SentWebhooks
) -> None:
    replay = Replay(api)
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    replay.learned["2026-11-26T02:20:26Z"] = f"{hour_ago:%Y-%m-%dT%H:%M:%SZ}"
    for example in examples((ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")):
        if example.request.start.startswith("GET "):  # looks for what came of what was sent
            sent_webhooks()
        replay.compare(example.answer, replay.send(example.request))


#: Pages whose requests follow one another in a tenant of their own, workers at work in between.
GUIDES = sorted(
    str(page.relative_to(ROOT / "docs"))
    for page in (
        *(ROOT / "docs" / "crm").glob("*.md"),
        *(
            ROOT / "docs" / name
            for name in (
                *("members.md", "custom-fields.md", "aggregates.md", "views.md", "search.md"),
                *("sandbox.md", "graphql.md"),
            )
        ),
    )
)


@pytest.mark.modules("crm")
@pytest.mark.parametrize("guide", GUIDES)
def test_examples_of_a_guide_are_answered_as_printed(
    anonymous: Api, new_tenant: TenantMaker, run_events: DeliveryRun, guide: str
) -> None:
    replay = Replay(anonymous.with_key(new_tenant("acme", name="Acme").api_key))
    for example in examples((ROOT / "docs" / guide).read_text(encoding="utf-8")):
        if example.request.start.startswith("GET "):  # looks for what came of what was sent
            run_events()
        replay.compare(example.answer, replay.send(example.request))


#: Those of the CMS, in a tenant that has nothing else.
CONTENT_GUIDES = sorted(
    str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs" / "cms").glob("*.md")
)


@pytest.mark.modules("cms")
@pytest.mark.parametrize("guide", CONTENT_GUIDES)
def test_examples_of_a_guide_to_content_are_answered_as_printed(
    anonymous: Api, new_tenant: TenantMaker, run_events: DeliveryRun, owner: Owner, guide: str
) -> None:
    replay = Replay(anonymous.with_key(new_tenant("acme", name="Acme").api_key))
    for example in examples((ROOT / "docs" / guide).read_text(encoding="utf-8")):
        if example.request.start.startswith("GET "):
            run_events()
        if "/cms/sync" in example.request.start:
            owner.settle()
        replay.compare(example.answer, replay.send(example.request))


@pytest.mark.modules("crm")
def test_the_first_order_of_the_readme_is_answered_as_printed(api: Api) -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    (body,) = re.findall(r"^  -d '(.*?)'$", page, re.DOTALL | re.MULTILINE)
    answer = page.partition("The answer:\n\n```json\n")[2].partition("\n```")[0]
    replay = Replay(api)
    customer = api.post("/v1/crm/customers", {"name": "Lindgren Diesel Service"}).data
    replay.learned[_parsed(body)["customerId"]] = customer["id"]
    headers = {"Content-Type": "application/json"}
    order = replay.send(Message("POST /v1/crm/orders", headers, body))
    replay.compare(Message("HTTP/1.1 201 Created", {}, answer), order)
