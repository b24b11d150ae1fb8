"""Files to upload, and ways to send them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from sparx_core.testing import Answer, Api, DeliveryRun

BOUNDARY = "a-boundary-that-is-in-no-file"


def a_picture(form: str = "PNG", size: tuple[int, int] = (60, 40), **more: Any) -> bytes:
    """An image of four quarters: red and green above, blue and white below."""
    picture = Image.new("RGB", size, "white")
    half = (size[0] // 2, size[1] // 2)
    picture.paste("red", (0, 0, *half))
    picture.paste("lime", (half[0], 0, size[0], half[1]))
    picture.paste("blue", (0, half[1], half[0], size[1]))
    made = io.BytesIO()
    picture.save(made, form, **more)
    return made.getvalue()


def a_form(filename: str, data: bytes, fields: dict[str, Any]) -> bytes:
    """A form as a browser sends it, the file last."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        f"{value if isinstance(value, str) else json.dumps(value)}\r\n"
        for name, value in fields.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"'
    end = f"\r\n--{BOUNDARY}--\r\n".encode()
    return "".join([*parts, head, "\r\n\r\n"]).encode() + data + end


@pytest.fixture
def send_form(api: Api) -> Callable[..., Answer]:
    """Sends a file as a form: ``send_form("a.png", data, title="A")``."""

    def send(filename: str, data: bytes, client: Api | None = None, **fields: Any) -> Answer:
        return (client or api).request(
            "POST",
            "/v1/cms/assets/upload",
            body=a_form(filename, data, fields),
            headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
        )

    return send


@pytest.fixture
def upload(send_form: Callable[..., Answer]) -> Callable[..., Any]:
    """Uploads a file, and returns its asset."""

    def upload(filename: str = "a.png", data: bytes | None = None, **more: Any) -> Any:
        answer = send_form(filename, a_picture() if data is None else data, **more)
        assert answer.status == 201, answer.text
        return answer.data

    return upload


@pytest.fixture
def processed(api: Api, upload: Callable[..., Any], run_events: DeliveryRun) -> Callable[..., Any]:
    """Uploads a file, has a worker look at it, and returns its asset."""

    def process(filename: str = "a.png", data: bytes | None = None, **more: Any) -> Any:
        made = upload(filename, data, **more)
        run_events()
        return (more.get("client") or api).get(f"/v1/cms/assets/{made['id']}").data

    return process


@pytest.fixture
def put(api: Api) -> Callable[..., Answer]:
    """Sends bytes of an upload that was reserved: ``put(upload, data, 0, 100)``."""

    def put(
        upload: Any,
        data: bytes,
        start: int | None = None,
        size: int | None = None,
        client: Api | None = None,
    ) -> Answer:
        headers = {"Content-Type": "application/octet-stream"}
        if start is not None:
            headers["Content-Range"] = f"bytes {start}-{start + len(data) - 1}/{size or '*'}"
        path = f"/v1/cms/uploads/{upload['id']}/content"
        return (client or api).request("PUT", path, body=data, headers=headers)

    return put
