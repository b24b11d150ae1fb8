"""kill -9 of the worker in the middle of an image: the next one makes all of it, once."""

from __future__ import annotations

import io
import os
import signal
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.live.api import Api
from tests.live.installation import Installation
from tests.live.processes import until

pytestmark = pytest.mark.faults

#: Of noise, so that it takes some seconds; a hundredth of a second is enough to be killed in.
SIZE = (2400, 1600)
#: A worker may be done with an image before the test, which waits for a processor, has seen it.
TRIES = 3


def noise() -> bytes:
    made = io.BytesIO()
    Image.frombytes("RGB", SIZE, os.urandom(SIZE[0] * SIZE[1] * 3)).save(made, "JPEG", quality=60)
    return made.getvalue()


def upload(api: Api, data: bytes) -> Any:
    """The asset of a file that is sent as a form."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="noise.jpg"\r\n\r\n'
    request = urllib.request.Request(
        f"http://127.0.0.1:{api.port}/v1/cms/assets/upload",
        data=head + data + b"\r\n--x--\r\n",
        headers={
            "Authorization": f"Bearer {api.key}",
            "Content-Type": "multipart/form-data; boundary=x",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 201
        path = answer.headers["Location"]
    return api.get(path).data


def files_of(installation: Installation, asset: Any) -> list[Path]:
    return [
        one
        for one in (installation.home / "files").rglob("*")
        if asset["id"] in one.parts and one.is_file()
    ]


def has_an_image(installation: Installation, asset: Any) -> bool:
    return len(files_of(installation, asset)) > 1


def test_a_killed_worker_leaves_an_image_to_the_next(install: Callable[..., Installation]) -> None:
    installation = install()
    installation.json("migrate")
    installation.serve()
    key = installation.json("tenant", "create", "acme", "--modules", "cms")["apiKey"]
    api = Api(installation.port, key)
    for _ in range(TRIES):
        asset = upload(api, noise())
        path = f"/v1/cms/assets/{asset['id']}"
        worker = installation.worker()
        until(partial(has_an_image, installation, asset), 60, "an image has been made")
        assert worker.end(signal.SIGKILL) == -signal.SIGKILL
        shown = api.get(path).data
        if shown["status"] == "processing":
            break
    assert (shown["status"], shown["variants"]) == ("processing", []), "too fast for this test"

    worker = installation.worker()
    until(lambda: api.get(path).data["status"] == "ready", 90, "the image is ready")
    variants = api.get(path).data["variants"]
    assert [one["width"] for one in variants] == [400, 400, 800, 800, 1200, 1200, 2000, 2000]
    for one in variants:
        with urllib.request.urlopen(f"http://127.0.0.1:{api.port}{one['url']}") as answer:
            picture = Image.open(io.BytesIO(answer.read()))
            picture.load()
        assert picture.size == (one["width"], one["height"])
    assert worker.end() == 0
    # The original and its variants, and nothing that was left half written.
    assert len(files_of(installation, asset)) == 1 + len(variants)
    with installation.admin() as cursor:
        processed = "type = 'media.processed' AND aggregate_id = %s"
        cursor.execute(f"SELECT count(*) FROM core.events WHERE {processed}", (asset["id"],))
        assert cursor.fetchone() == (1,)
