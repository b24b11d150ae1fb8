"""Every refusal wears the envelope, and none tells more than it should."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.errors import CORE_ERRORS
from sparx_core.runtime import Runtime
from sparx_core.testing import Answer, Api

from ..probe.declared import Control, Probe, ProbeBusy, ProbeUpdated

Watch = Callable[[], AbstractContextManager[None]]
PATH = "/v1/probe/probes"


def refused(answer: Answer, status: int, code: str) -> Any:
    assert (answer.status, answer.error["code"]) == (status, code), answer.text
    assert list(answer.json) == ["success", "error"]
    assert answer.error["message"]
    assert answer.error["requestId"] == answer.headers["X-Request-Id"]
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.error


# -- nothing there -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/", "/v1", "/v2/me", "/v1/nothing", "/v1/probe", "/v1/me/", "/v1//me",
     "/v1/probe/probes/a/b", "/admin", "/%00", "/v1/😀", "/V1/me", "/.env"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_route(api: Api, anonymous: Api, method: str, path: str) -> None:
    refused(api.request(method, path), 404, "not_found")
    refused(anonymous.request(method, path), 404, "not_found")


@pytest.mark.parametrize(
    "row_id",
    ["01a2007d-fd87-73b7-b820-b471a0e40afc", "new", "😀", "1", "-1", "null", "%00", "%2e%2e", "'",
     "a" * 1900, "{01a2007d-fd87-73b7-b820-b471a0e40afc}", "01a2007dfd8773b7b820b471a0e40afc",
     "urn:uuid:01a2007d-fd87-73b7-b820-b471a0e40afc", "01a2007d-fd87-73b7-b820-b471a0e40af",
     "01a2007d-fd87-73b7-b820-b471a0e40afg", "../probes", "%ff"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("method", "suffix"), [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/do")]
)
def test_what_does_not_exist(
    api: Api, nothing_written: Watch, method: str, suffix: str, row_id: str
) -> None:
    with nothing_written():
        answer = api.request(method, f"{PATH}/{row_id}{suffix}", json={"name": "x"})
    refused(answer, 404, "not_found")


def test_rows_of_another_tenant_do_not_exist(
    api: Api, other_api: Api, create_probe: Callable[..., Any], nothing_written: Watch
) -> None:
    theirs = create_probe(client=other_api)["id"]
    missing = "01a2007d-fd87-73b7-b820-b471a0e40afc"
    with nothing_written():
        for method, suffix in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/do")):
            answers = [
                api.request(method, f"{PATH}/{one}{suffix}", json={"name": "x"})
                for one in (theirs, missing, "new", "😀")
            ]
            bodies = {answer.text.replace(answer.error["requestId"], "ID") for answer in answers}
            assert len(bodies) == 1
            assert {answer.status for answer in answers} == {404}


# -- wrong method --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", PATH, {"GET", "HEAD", "POST"}),
        ("DELETE", PATH, {"GET", "HEAD", "POST"}),
        ("PATCH", PATH, {"GET", "HEAD", "POST"}),
        ("POST", f"{PATH}/x", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("PUT", f"{PATH}/x", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("GET", f"{PATH}/x/do", {"POST"}),
        ("HEAD", f"{PATH}/x/do", {"POST"}),
        ("POST", "/v1/me", {"GET", "HEAD"}),
        ("PATCH", "/v1/keys/x", {"GET", "HEAD", "DELETE"}),
        ("POST", "/health", {"GET", "HEAD"}),
        ("TRACE", "/v1/me", {"GET", "HEAD"}),
        ("CONNECT", "/v1/me", {"GET", "HEAD"}),
    ],
)
def test_wrong_method(api: Api, anonymous: Api, method: str, path: str, allowed: set[str]) -> None:
    for client in (api, anonymous):
        answer = client.request(method, path)
        if method == "HEAD":
            assert (answer.status, answer.body) == (405, b"")
        else:
            refused(answer, 405, "method_not_allowed")
        assert set(answer.headers["Allow"].split(", ")) == allowed | {"OPTIONS"}


@pytest.mark.parametrize("method", ["PROPFIND", "get", "X", "GE T"])
def test_method_that_there_is_not(api: Api, method: str) -> None:
    assert api.request(method, PATH).status in (400, 405)


# -- HEAD and OPTIONS ----------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "take=1", "fields=id", "nonsense=1"])
def test_head_is_get_without_the_body(
    api: Api, anonymous: Api, create_probe: Callable[..., Any], query: str
) -> None:
    made = create_probe()
    for path in (PATH, f"{PATH}/{made['id']}", f"{PATH}/nothing", "/v1/me", "/health", "/docs"):
        for client in (api, anonymous):
            asked = {"query": query, "headers": {"X-Request-Id": "one"}}
            got, head = client.get(path, **asked), client.request("HEAD", path, **asked)
            assert (head.status, head.body) == (got.status, b"")
            assert head.headers["Content-Length"] == str(len(got.body))
            assert comparable(head) == comparable(got), path


def comparable(answer: Answer) -> dict[str, str]:
    """The headers, without those that count requests."""
    return {
        name: value
        for name, value in answer.headers.items()
        if not name.lower().startswith("ratelimit")
    }


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (PATH, {"GET", "HEAD", "POST"}),
        (f"{PATH}/x", {"GET", "HEAD", "PATCH", "DELETE"}),
        (f"{PATH}/x/do", {"POST"}),
        ("/health", {"GET", "HEAD"}),
    ],
)
def test_options_tell_the_methods(
    api: Api, anonymous: Api, nothing_written: Watch, path: str, allowed: set[str]
) -> None:
    for client in (api, anonymous):
        with nothing_written():
            answer = client.request("OPTIONS", path)
        assert (answer.status, answer.body) == (204, b"")
        assert set(answer.headers["Allow"].split(", ")) - {"OPTIONS"} == allowed
        assert "Content-Length" not in answer.headers
    refused(api.request("OPTIONS", "/v1/nothing"), 404, "not_found")


# -- the target ----------------------------------------------------------------------------------


def test_long_targets(api: Api, anonymous: Api, nothing_written: Watch) -> None:
    longest = f"q={'x' * 8190}"
    refused(api.get(PATH, query=longest), 400, "bad_request")  # q has a limit of its own
    for client in (api, anonymous):
        for path in (PATH, "/health", "/docs", "/v1/openapi.json", "/v1/nothing"):
            with nothing_written():
                error = refused(client.get(path, query=longest + "x"), 400, "bad_request")
                assert error["message"] == "The query is longer than 8,192 bytes."
        with nothing_written():
            error = refused(client.post(f"{PATH}/{'a' * 2048}", {}), 400, "bad_request")
            assert error["message"] == "The path is longer than 2,048 bytes."
    rest = 2048 - len(f"{PATH}/")
    refused(api.get(f"{PATH}/{'a' * rest}"), 404, "not_found")
    refused(api.get(f"{PATH}/{'a' * (rest + 1)}"), 400, "bad_request")
    refused(api.get(f"{PATH}/{'%C3%A9' * 1024}"), 400, "bad_request")


# -- defects -------------------------------------------------------------------------------------

SECRET = "hunter2 of customer 0042"


def raise_defect(ctx: Any, row: Any = None) -> Any:
    ctx.insert(Probe(name="must not stay"))
    ctx.flush()
    raise RuntimeError(SECRET)


def raise_in_the_database(ctx: Any, row: Any = None) -> Any:
    return ctx.transaction.scalar("SELECT 1 / length(%s)::int - length(%s)", (SECRET, SECRET)) / 0


def violate_a_check(ctx: Any, row: Any = None) -> Any:
    ctx.transaction.scalar(
        "INSERT INTO core.activations (id, module, state) VALUES (gen_random_uuid(), %s, 'odd')"
        " RETURNING 1",
        (SECRET,),
    )


def answer_something_unspeakable(ctx: Any, row: Any = None) -> Any:
    return {"data": object()}


@pytest.mark.parametrize(
    "defect", [raise_defect, raise_in_the_database, violate_a_check, answer_something_unspeakable]
)
def test_defect_is_answered_in_the_envelope_and_leaks_nothing(
    api: Api, control: Control, nothing_written: Watch, defect: Callable[..., Any]
) -> None:
    control.call = defect
    with nothing_written():
        answer = api.post("/v1/probe/call")
    error = refused(answer, 500, "internal_error")
    assert set(error) == {"code", "message", "requestId"}
    for leak in (SECRET, "hunter2", "Traceback", "RuntimeError", "SELECT", "psycopg2", "probe"):
        assert leak not in answer.text
        assert all(leak not in value for value in answer.headers.values())
    assert api.get("/v1/me").status == 200, "the connection is still good"


def test_defect_is_found_in_the_log_by_the_request_id(
    api: Api, control: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    control.call = raise_defect
    answer = api.post("/v1/probe/call", headers={"X-Request-Id": "find-me"})
    refused(answer, 500, "internal_error")
    logged = "".join(capsys.readouterr())
    assert "find-me" in logged
    assert "RuntimeError" in logged


def test_operation_that_swallows_a_database_error_has_not_succeeded(
    api: Api, control: Control, nothing_written: Watch
) -> None:
    def swallow(ctx: Any) -> Any:
        ctx.insert(Probe(name="lost with the transaction"))
        ctx.flush()
        with pytest.raises(Exception, match="division by zero"):
            ctx.transaction.scalar("SELECT 1 / 0")
        return {"done": True}

    control.call = swallow
    with nothing_written():
        answer = api.post("/v1/probe/call")
    refused(answer, 500, "internal_error")
    assert api.get("/v1/me").status == 200


def test_modules_own_errors(
    api: Api, control: Control, create_probe: Callable[..., Any], nothing_written: Watch
) -> None:
    def refuse(ctx: Any, row: Any) -> Any:
        ctx.update(row, name="must not stay")
        ctx.emit(ProbeUpdated(row))
        raise ProbeBusy("Come back on Monday.", details={"day": "Monday"})

    control.operation = refuse
    probe = create_probe()
    with nothing_written():
        error = refused(api.post(f"{PATH}/{probe['id']}/do"), 409, "probe_busy")
    assert (error["message"], error["details"]) == ("Come back on Monday.", {"day": "Monday"})


# -- conflicts -----------------------------------------------------------------------------------


def test_taken_value_is_named(
    api: Api, create_probe: Callable[..., Any], nothing_written: Watch
) -> None:
    create_probe(code="c1")
    other = create_probe(code="c2")
    with nothing_written():
        for answer in (
            api.post(PATH, {"name": "x", "code": "c1"}),
            api.patch(f"{PATH}/{other['id']}", {"code": "c1"}),
        ):
            error = refused(answer, 409, "conflict")
            assert [one["field"] for one in error["details"]] == ["code"]
            assert "Key (" not in answer.text


def test_value_taken_by_another_tenant_is_free(
    api: Api, other_api: Api, create_probe: Callable[..., Any]
) -> None:
    create_probe(code="c1", client=other_api)
    assert create_probe(code="c1")["code"] == "c1"


def test_references_to_nothing_and_to_others_are_the_same_problem(
    api: Api, other_api: Api, create_probe: Callable[..., Any], nothing_written: Watch
) -> None:
    theirs = create_probe(client=other_api)["id"]
    mine = create_probe()["id"]
    bodies = set()
    with nothing_written():
        for parent in (theirs, "01a2007d-fd87-73b7-b820-b471a0e40afc"):
            for answer in (
                api.post(PATH, {"name": "x", "parentId": parent}),
                api.patch(f"{PATH}/{mine}", {"parentId": parent}),
            ):
                error = refused(answer, 422, "validation_error")
                assert [one["field"] for one in error["details"]] == ["parentId"]
                bodies.add(answer.text.replace(error["requestId"], "ID"))
    assert len(bodies) == 1


def test_row_in_use_is_not_deleted(
    api: Api, create_probe: Callable[..., Any], nothing_written: Watch
) -> None:
    parent = create_probe()["id"]
    child = create_probe(parentId=parent)["id"]
    with nothing_written():
        refused(api.delete(f"{PATH}/{parent}"), 409, "conflict")
    assert api.delete(f"{PATH}/{child}").data == {"id": child, "deleted": True}
    assert api.delete(f"{PATH}/{parent}").status == 200
    refused(api.delete(f"{PATH}/{parent}"), 404, "not_found")


# -- the request id ------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["a", "0af7651916cd43dd8448eb211c80319c", "A.b_c-9", "x" * 128])
def test_good_request_id_is_echoed(api: Api, given: str) -> None:
    for path in ("/v1/me", "/v1/nothing", "/health"):
        assert api.get(path, headers={"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize(
    "given", ["", "x" * 129, "a b", "a\tb", "<script>", "é", "a;b", "a,b", 'a"b', "a/b", "${jndi}"]
)
def test_bad_request_id_is_replaced(api: Api, given: str) -> None:
    found = api.get("/v1/nothing", headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", found)


def test_request_ids_differ(api: Api) -> None:
    assert len({api.get("/health").headers["X-Request-Id"] for _ in range(20)}) == 20


# -- the register --------------------------------------------------------------------------------


def test_codes_are_unique_and_documented() -> None:
    assert len({error.code for error in CORE_ERRORS}) == len(CORE_ERRORS)
    for error in CORE_ERRORS:
        assert error.__doc__, error.code
        assert re.fullmatch("[a-z_]+", error.code)
        assert 400 <= error.status < 600


def test_core_and_modules_share_one_register(installation: Runtime) -> None:
    assert installation.registry.errors["probe_busy"] is ProbeBusy
    assert {error.code for error in CORE_ERRORS} <= set(installation.registry.errors)


# -- health --------------------------------------------------------------------------------------


def test_health_and_readiness_need_no_key(anonymous: Api) -> None:
    assert anonymous.get("/health").data == {"status": "ok"}
    ready = anonymous.get("/ready")
    assert ready.status == 200
    assert set(ready.data["checks"]) == {"database", "migrations", "queue"}
