"""Files as answers: ranges, tags, and what is told to browsers and caches."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import falcon
import pytest
from falcon.testing import TestClient

from sparx_core.errors import ApiError, BadRequest, RangeUnsatisfiable
from sparx_core.operations import FileAnswer
from sparx_core.storage.files import Files
from sparx_core.storage.local import LocalStore
from sparx_core.surfaces.rest.files import answer_file
from sparx_core.surfaces.rest.pieces import body_pieces, in_pieces
from sparx_core.surfaces.rest.ranges import part_of


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-9", (0, 10)),
        ("bytes=90-", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=99-99", (99, 100)),
        ("bytes=50-1000", (50, 100)),
        ("bytes = 1 - 2", (1, 3)),
        ("bytes=9-0", None),
        ("bytes=0-1,5-6", None),
        ("bytes=-", None),
        ("items=0-9", None),
        ("bytes=a-b", None),
    ],
)
def test_ranges(header: str | None, expected: tuple[int, int] | None) -> None:
    assert part_of(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=1000-2000", "bytes=-0"])
def test_ranges_behind_the_end(header: str) -> None:
    with pytest.raises(RangeUnsatisfiable) as told:
        part_of(header, 100)
    assert told.value.headers == {"Content-Range": "bytes */100"}


def served(made: FileAnswer) -> TestClient:
    """An application that answers with a file."""

    class One:
        def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
            answer_file(request, response, made)

    app: falcon.App[Any, Any] = falcon.App()
    app.add_route("/", One())
    return TestClient(app)


def test_a_stored_file_is_sent_in_parts(tmp_path: Any) -> None:
    files = Files(uuid4(), LocalStore(tmp_path))
    files.write("probe/a/b", [b"0123456789"])
    stored = files.stored("probe/a/b", "tag")
    assert stored is not None
    client = served(FileAnswer(stored, "image/png", "a.png", lasting=True))
    whole = client.simulate_get("/")
    assert (whole.content, whole.headers["Content-Length"]) == (b"0123456789", "10")
    assert whole.headers["ETag"] == '"tag"'
    assert whole.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    part = client.simulate_get("/", headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    same = client.simulate_get("/", headers={"If-None-Match": '"other", "tag"'})
    assert (same.status_code, same.content) == (304, b"")


def test_content_is_made_when_it_is_sent() -> None:
    made: list[str] = []

    def make() -> bytes:
        made.append("once")
        return b"%PDF"

    client = served(FileAnswer(make, "application/pdf", "a.pdf", attached=True))
    assert made == []
    answer = client.simulate_get("/")
    assert (answer.content, made) == (b"%PDF", ["once"])
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_pieces() -> None:
    parts = [b"abc", b"defgh", b"", b"i"]
    assert list(in_pieces(parts, 4)) == [b"abcd", b"efgh", b"i"]
    assert list(in_pieces(parts, 100)) == [b"abcdefghi"]
    assert list(in_pieces([], 4)) == []


def received(body: bytes, headers: dict[str, str]) -> list[bytes] | ApiError:
    """What a route gets of a body, piece by piece; and what it is told then."""
    got: list[bytes] = []
    failed: list[ApiError] = []

    class One:
        def on_put(self, request: falcon.Request, response: falcon.Response) -> None:
            try:
                got.extend(body_pieces(request, 4))
            except ApiError as error:
                failed.append(error)

    app: falcon.App[Any, Any] = falcon.App()
    app.add_route("/", One())
    TestClient(app).simulate_put("/", body=body, headers=headers)
    return failed[0] if failed else got


def test_bodies_that_break_off() -> None:
    assert received(b"abcdefghi", {}) == [b"abcd", b"efgh", b"i"]
    cut = received(b"abc", {"Content-Length": "10"})
    assert isinstance(cut, BadRequest)
    squeezed = received(b"abc", {"Content-Encoding": "gzip"})
    assert isinstance(squeezed, ApiError)
    assert squeezed.status == 415
