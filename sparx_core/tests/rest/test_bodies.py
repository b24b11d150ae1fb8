"""Bodies: what cannot be read is refused by name, and nothing of it is written."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from falcon.testing import create_environ

from sparx_core.tenants import NewTenant
from sparx_core.testing import Answer, Api, Owner

from ..read.hostile import PAYLOADS

Watch = Callable[[], AbstractContextManager[None]]
LIMIT = 1_048_576
PATH = "/v1/probe/probes"


def streamed(api: Api, chunks: Iterator[bytes], **environment: str) -> Answer:
    """A request whose body comes in chunks, of a length that nobody announced."""

    class Input(io.RawIOBase):
        def __init__(self) -> None:
            self.rest = b""

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            self.rest = self.rest or next(chunks, b"")
            taken, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
            buffer[: len(taken)] = taken
            return len(taken)

    environ = create_environ(PATH, method="POST")
    environ.pop("CONTENT_LENGTH", None)
    environ |= {
        "HTTP_AUTHORIZATION": f"Bearer {api.key}",
        "CONTENT_TYPE": "application/json",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": io.BufferedReader(Input()),
        "wsgi.input_terminated": True,
        **environment,
    }
    started: list[Any] = []
    body = b"".join(
        api.app(environ, lambda status, headers, *rest: started.extend([status, headers]))
    )
    return Answer(int(started[0].split()[0]), dict(started[1]), body)


def refused(answer: Answer, status: int, code: str) -> Any:
    assert (answer.status, answer.error["code"]) == (status, code), answer.text
    assert list(answer.json) == ["success", "error"]
    return answer.error


# -- not JSON ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"name": "x"', 400),
        (b'{"name": "x", "name": "x"}', 422),
        (b'{"name": "x", "content": {"a": 1, "\\u0061": 2}}', 422),
        (b'{"name": "\x00"}', 400),
        (b'{"name": "\\u0000"}', 422),
        (b'{"name": "\\ud800"}', 422),
        (b'{"\\ud800": "x"}', 422),
        (b'{"name": "\xff"}', 400),
        (b'\xef\xbb\xbf{"name": "x"}', 400),
        ('{"name": "x"}'.encode("utf-16"), 400),
        (b'{"name": "x", "content": ' + b"[" * 64 + b"]" * 64 + b"}", 400),
        (b'{"name": "x", "content": ' + b'{"a":' * 64 + b"1" + b"}" * 65, 400),
        (b'{"name": "x", "content": {"a": NaN}}', 400),
        (b'{"name": "x", "content": {"a": Infinity}}', 400),
        (b'{"name": "x", "content": {"a": 1e400}}', 422),
        (b'{"name": "x", "content": {"a": [-1e999999]}}', 422),
        (b'{"name": "x", "content": {"a": 1e-999999}}', 422),
        (b'{"name": "x", "content": {"a": 1e99999999999999999999}}', 422),
        (b'{"name": "x", "content": {"a": ' + b"9" * 400 + b"}}", 422),
        (b'{"name": "x", "content": {"a": ' + b"9" * 5000 + b"}}", 422),
        (b'{"name": "x", "content": {"a": 0.' + b"9" * 5000 + b"}}", 422),
        (b'{"name": "x", "content": {"' + b"n" * 257 + b'": 1}}', 422),
        (b'{"name": "x", "content": {"a": "' + b"t" * 262_145 + b'"}}', 422),
        (b'{"name": "x", "content": {"a": [' + b"0," * 1000 + b"0]}}", 422),
        (b'{"name": "x", "content": {"a": [' + (b"[" + b"0," * 900 + b"0],") * 12 + b"[]]}}", 413),
        (b"[" * 100_000, 413),
        (b"[" * 9_000, 400),
        (b"[" + b"{}," * 300_000 + b"{}]", 413),
        (b'{"name": "x"}{}', 400),
        (b'{"name": "x"}\x00', 400),
        (b"{'name': 'x'}", 400),
        (b'{"name": "x",}', 400),
        (b'{"name": "x" /* name */}', 400),
        (b"name=x", 400),
        (b"<name>x</name>", 400),
        (b"\x00", 400),
        (b" ", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"x"', 422),
        (b"7", 422),
        (b"{}", 422),
        (b'{"name": null}', 422),
        (b'{"name": 7}', 422),
        (b'{"name": ["x"]}', 422),
        (b'{"name": {"x": 1}}', 422),
        (b'{"name": "   "}', 422),
        (b'{"name": "x", "unknown": 1}', 422),
        (b'{"name": "x", "NAME": "x"}', 422),
        (b'{"name": "x", "number": "7"}', 422),
        (b'{"name": "x", "version": 3}', 422),
        (b'{"name": "x", "id": "01a2007d-fd87-73b7-b820-b471a0e40afc"}', 422),
        (b'{"name": "x", "tenantId": "01a2007d-fd87-73b7-b820-b471a0e40afc"}', 422),
        (b'{"name": "x", "tenant_id": "01a2007d-fd87-73b7-b820-b471a0e40afc"}', 422),
        (b'{"name": "x", "content": []}', 422),
        (b'{"name": "x", "content": {"a": "' + b"x" * 20_000 + b'"}}', 422),
        (b'{"name": "x", "notes": {}}', 422),
        (b'{"name": "x", "notes": [7]}', 422),
        (b'{"name": "x", "notes": [{}, {}, {}, {}]}', 422),
        (b'{"name": "x", "notes": [{"text": "a", "id": 1}]}', 422),
        (b'{"name": "x", "parentId": "nonsense"}', 422),
    ],
    ids=lambda value: str(value)[2:62],
)
def test_bad_body_writes_nothing(
    api: Api, nothing_written: Watch, body: bytes, status: int
) -> None:
    with nothing_written():
        answer = api.post(PATH, body=body)
    codes = {400: "bad_request", 413: "payload_too_large", 422: "validation_error"}
    error = refused(answer, status, codes[status])
    assert ("details" in error) == (status == 422)
    assert len(answer.body) < 5000
    assert (answer.headers["Content-Type"]) == "application/json; charset=utf-8"


def test_every_problem_is_listed_with_its_path(api: Api) -> None:
    body = {"code": 7, "notes": [{"text": "fine"}, {"text": ""}, {"more": 1}], "unknown": 1}
    details = refused(api.post(PATH, body), 422, "validation_error")["details"]
    assert sorted(problem["field"] for problem in details) == [
        "code", "name", "notes[1].text", "notes[2].more", "notes[2].text", "unknown",
    ]  # fmt: skip
    assert sorted(problem["pointer"] for problem in details) == [
        "/code", "/name", "/notes/1/text", "/notes/2/more", "/notes/2/text", "/unknown",
    ]  # fmt: skip
    assert all(list(problem) == ["field", "pointer", "message"] for problem in details)


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("a/b", "/a~1b"),
        ("a~b", "/a~0b"),
        ("~1", "/~01"),
        ("a.b", "/a.b"),
        ("a[0]", "/a[0]"),
        ("", "/"),
        ("_schema", ""),
        ("0", "/0"),
        ("ü😀", "/ü😀"),
        (" ", "/ "),
        ('"', '/"'),
    ],
)
def test_names_of_clients_in_pointers(api: Api, name: str, pointer: str) -> None:
    details = refused(api.post(PATH, {"name": "x", name: 1}), 422, "validation_error")["details"]
    assert [problem["pointer"] for problem in details] == [pointer]


def test_whole_body_is_the_empty_pointer(api: Api) -> None:
    details = refused(api.post(PATH, []), 422, "validation_error")["details"]
    assert details == [{"field": "", "pointer": "", "message": "Must be a JSON object."}]


def test_list_of_problems_ends(api: Api) -> None:
    body = {f"unknown{number}": 1 for number in range(500)}
    assert len(refused(api.post(PATH, body), 422, "validation_error")["details"]) == 100


def test_names_of_any_length_are_answered_within_limits(api: Api) -> None:
    answer = api.post(PATH, {"name": "x", "u" * 100_000: 1})
    refused(answer, 422, "validation_error")
    assert len(answer.body) < 2000


# -- too large -----------------------------------------------------------------------------------


def body_of(size: int) -> bytes:
    start, end = b'{"name": "x"', b"}"
    return start + b" " * (size - len(start) - len(end)) + end


def test_two_megabytes_are_too_large(api: Api, nothing_written: Watch) -> None:
    with nothing_written():
        refused(api.post(PATH, body=body_of(2_000_000)), 413, "payload_too_large")


def test_limit_itself_is_accepted_and_one_byte_more_is_not(
    api: Api, nothing_written: Watch
) -> None:
    assert api.post(PATH, body=body_of(LIMIT)).status == 201
    with nothing_written():
        refused(api.post(PATH, body=body_of(LIMIT + 1)), 413, "payload_too_large")


def test_announced_length_is_enough_to_refuse(api: Api, nothing_written: Watch) -> None:
    with nothing_written():
        answer = streamed(api, iter([]), CONTENT_LENGTH="2000000", HTTP_TRANSFER_ENCODING="")
        refused(answer, 413, "payload_too_large")


def test_chunks_are_read_to_the_end(api: Api) -> None:
    answer = streamed(api, iter([b'{"na', b'me": "in ', b'pieces"}']))
    assert (answer.status, answer.data["name"]) == (201, "in pieces")


def test_chunks_are_counted(api: Api, nothing_written: Watch) -> None:
    sent = []

    def sixteen_megabytes() -> Iterator[bytes]:
        for _ in range(256):
            sent.append(65_536)
            yield b" " * 65_536

    with nothing_written():
        refused(streamed(api, sixteen_megabytes()), 413, "payload_too_large")
    assert sum(sent) < 2 * LIMIT, "reading went on beyond the limit"


def test_body_that_ends_early(api: Api, nothing_written: Watch) -> None:
    body = b'{"name": "x"}'
    with nothing_written():
        answer = streamed(
            api, iter([body]), CONTENT_LENGTH=str(len(body) + 1), HTTP_TRANSFER_ENCODING=""
        )
        refused(answer, 400, "bad_request")


@pytest.mark.parametrize("length", ["-1", "many", "1.5"])
def test_length_that_is_none(api: Api, nothing_written: Watch, length: str) -> None:
    with nothing_written():
        answer = streamed(api, iter([]), CONTENT_LENGTH=length, HTTP_TRANSFER_ENCODING="")
        refused(answer, 400, "bad_request")


# -- not called JSON -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/jsonp",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "text/json",
        "*/*",
        "",
        "json",
    ],
)
def test_wrong_content_type(api: Api, nothing_written: Watch, media_type: str) -> None:
    with nothing_written():
        answer = api.post(PATH, body=b'{"name": "x"}', headers={"Content-Type": media_type})
        refused(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "APPLICATION/JSON",
    ],
)
def test_right_content_type(api: Api, media_type: str) -> None:
    answer = api.post(PATH, body=b'{"name": "x"}', headers={"Content-Type": media_type})
    assert answer.status == 201


def test_missing_content_type(api: Api, nothing_written: Watch) -> None:
    with nothing_written():
        answer = streamed(api, iter([b'{"name": "x"}']), CONTENT_TYPE="")
        refused(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP", "identity, gzip", "x"])
def test_compressed_body(api: Api, nothing_written: Watch, encoding: str) -> None:
    body = gzip.compress(b'{"name": "x"}')
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    with nothing_written():
        refused(api.post(PATH, body=body, headers=headers), 415, "unsupported_media_type")


def test_body_that_is_called_what_it_is(api: Api) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "identity"}
    assert api.post(PATH, body=b'{"name": "x"}', headers=headers).status == 201


def test_body_of_two_lengths(api: Api, nothing_written: Watch) -> None:
    body = b'{"name": "x"}'
    with nothing_written():
        answer = streamed(api, iter([body]), CONTENT_LENGTH=str(len(body)))
        refused(answer, 400, "bad_request")


def test_missing_body(api: Api, nothing_written: Watch) -> None:
    with nothing_written():
        refused(api.post(PATH, headers={"Content-Type": "application/json"}), 400, "bad_request")


def test_action_without_required_values_needs_no_body(
    api: Api, create_probe: Callable[..., Any]
) -> None:
    path = f"{PATH}/{create_probe()['id']}/do"
    assert api.post(path).status == 200
    assert api.post(path, {}).status == 200
    refused(api.post(path, body=b"{"), 400, "bad_request")
    refused(api.post(path, {"times": "many"}), 422, "validation_error")


# -- PATCH ---------------------------------------------------------------------------------------


def test_absent_fields_stay_and_null_clears(api: Api, create_probe: Callable[..., Any]) -> None:
    made = create_probe(code="c1", content={"a": [1, {"b": None}]})
    path = f"{PATH}/{made['id']}"
    changed = api.patch(path, {"name": "two"}).data
    assert changed == {**made, "name": "two", "version": 2}
    assert api.patch(path, {"code": None}).data == {**changed, "code": None, "version": 3}
    refused(api.patch(path, {"name": None}), 422, "validation_error")


def test_patch_that_changes_nothing_is_no_change(
    api: Api, create_probe: Callable[..., Any], nothing_written: Watch
) -> None:
    made = create_probe(content={"a": 1})
    with nothing_written():
        for body in ({}, {"name": made["name"]}, {"content": {"a": 1}, "code": None}):
            assert api.patch(f"{PATH}/{made['id']}", body).data == made


@pytest.mark.parametrize(
    "body", [{"unknown": 1}, {"number": "9"}, {"id": "x"}, {"createdAt": None}, {"notes": []}]
)
def test_patch_refuses_what_is_unknown_or_computed(
    api: Api, create_probe: Callable[..., Any], nothing_written: Watch, body: Any
) -> None:
    made = create_probe()
    with nothing_written():
        error = refused(api.patch(f"{PATH}/{made['id']}", body), 422, "validation_error")
    assert [problem["field"] for problem in error["details"]] == list(body)


# -- stored as sent ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["é", "😀", "a\tb\nc", '"quoted" \\ back', "<script>", "%s %(x)s {0}", "\u202e", "ﷺ" * 40],
)
def test_text_comes_back_as_it_was_sent(
    api: Api, create_probe: Callable[..., Any], owner: Owner, text: str
) -> None:
    made = create_probe(text, content={text: [text]})
    assert (made["name"], made["content"]) == (text, {text: [text]})
    read = api.get(f"{PATH}/{made['id']}")
    assert json.loads(read.body)["data"]["name"] == text
    assert owner.value("SELECT name FROM probe.probes WHERE id = %s", made["id"]) == text


def test_hostile_texts_are_texts(api: Api, owner: Owner, tenant: NewTenant) -> None:
    """SQL, formats, patterns and control characters are stored as they are, or refused."""
    kept = []
    for payload in PAYLOADS:
        body = {"name": payload, "content": {"a": payload, payload[:256]: [payload]}}
        answer = api.post(PATH, body)
        text = payload.strip()
        if answer.status == 201:
            assert answer.data["name"] == text
            assert answer.data["content"] == body["content"]
            kept.append(text)
            continue
        details = refused(answer, 422, "validation_error")["details"]
        assert "\0" in payload or not 1 <= len(text) <= 40, payload[:80]
        assert all(problem["message"] for problem in details)
    assert len(kept) > 100
    stored = owner.rows("SELECT name FROM probe.probes WHERE tenant_id = %s", tenant.tenant_id)
    assert sorted(name for (name,) in stored) == sorted(kept)
