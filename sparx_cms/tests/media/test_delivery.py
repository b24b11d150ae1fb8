"""Files and images on their way out: for anybody who has the address, and for nobody else."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from sparx_core.testing import Answer, Api, DeliveryRun

from .conftest import a_picture

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="1" height="1"/></svg>'


def decoded(answer: Answer) -> Image.Image:
    assert answer.status == 200, answer.text
    return Image.open(io.BytesIO(answer.body)).convert("RGB")


def near(color: Any, expected: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 40 for one, other in zip(color, expected, strict=True))


def test_bytes_are_served_so_that_nothing_runs(
    anonymous: Api, processed: Callable[..., Any]
) -> None:
    shown = anonymous.get(processed("a.png")["url"])
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert shown.headers["Content-Disposition"] == 'inline; filename="a.png"'
    assert shown.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for name, data in (("a.svg", SVG), ("a.pdf", b"%PDF-1.7\n")):
        saved = anonymous.get(processed(name, data)["url"])
        assert saved.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    named = anonymous.get(processed('ä"ö.png')["url"]).headers["Content-Disposition"]
    assert named.startswith("inline; filename=\"?'?.png\"; filename*=UTF-8''%C3%A4%22")


def test_ranges_and_tags(anonymous: Api, processed: Callable[..., Any]) -> None:
    data = a_picture()
    url, size = processed("a.png", data)["url"], len(a_picture())
    whole = anonymous.get(url)
    assert whole.headers["Accept-Ranges"] == "bytes"
    tag = whole.headers["ETag"]
    assert anonymous.get(url, headers={"If-None-Match": tag}).status == 304
    for asked, start, end in (
        ("bytes=0-9", 0, 10),
        ("bytes=10-", 10, size),
        ("bytes=-5", size - 5, size),
        ("bytes=0-999999", 0, size),
    ):
        part = anonymous.get(url, headers={"Range": asked})
        assert (part.status, part.body) == (206, data[start:end])
        assert part.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
    for ignored in ("bytes=0-1,4-5", "lines=0-1", "bytes=5-2", "bytes=-"):
        assert anonymous.get(url, headers={"Range": ignored}).status == 200
    beyond = anonymous.get(url, headers={"Range": f"bytes={size}-"})
    assert (beyond.status, beyond.error["code"]) == (416, "range_not_satisfiable")
    assert beyond.headers["Content-Range"] == f"bytes */{size}"
    other = {"Range": "bytes=0-9", "If-Range": '"another"'}
    assert anonymous.get(url, headers=other).body == data


def test_a_worker_makes_smaller_images(anonymous: Api, processed: Callable[..., Any]) -> None:
    asset = processed("a.png", a_picture(size=(900, 600)))
    assert asset["status"] == "ready"
    made = [(one["format"], one["width"], one["height"]) for one in asset["variants"]]
    assert made == [
        ("avif", 400, 267),
        ("webp", 400, 267),
        ("avif", 800, 533),
        ("webp", 800, 533),
    ]
    for one in asset["variants"]:
        answer = anonymous.get(one["url"])
        assert answer.headers["Content-Type"] == f"image/{one['format']}"
        assert len(answer.body) == one["size"]
        picture = decoded(answer)
        assert picture.size == (one["width"], one["height"])
        assert near(picture.getpixel((10, 10)), (255, 0, 0))
    assert near(bytes.fromhex(asset["dominantColor"][1:]), (128, 128, 128))


def test_images_are_upright_and_tell_nothing_of_their_camera(
    anonymous: Api, processed: Callable[..., Any]
) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"  # to be turned by 90 degrees
    asset = processed("a.jpg", a_picture("JPEG", (80, 40), exif=exif, quality=95))
    assert (asset["width"], asset["height"]) == (40, 80)
    answer = anonymous.get(asset["variants"][1]["url"])
    picture = decoded(answer)
    assert picture.size == (40, 80)
    assert near(picture.getpixel((5, 5)), (0, 0, 255))
    assert b"A camera" not in answer.body


def test_what_cannot_be_decoded_is_told(api: Api, processed: Callable[..., Any]) -> None:
    data = a_picture("JPEG", (100, 100))
    asset = processed("a.jpg", data[: len(data) // 2])
    assert asset["status"] == "failed"
    assert asset["problem"] == "The image cannot be decoded."
    assert asset["variants"] == []
    # The next one works.
    assert processed("b.jpg", data)["status"] == "ready"


def test_animations_stay_as_they_are(anonymous: Api, processed: Callable[..., Any]) -> None:
    frames = [Image.new("RGB", (50, 50), color) for color in ("red", "blue", "white")]
    made = io.BytesIO()
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:])
    asset = processed("a.gif", made.getvalue())
    assert (asset["status"], asset["frames"], asset["variants"]) == ("ready", 3, [])
    assert anonymous.get(asset["url"]).body == made.getvalue()


# -- images that are made when they are asked for ----------------------------------------------


def test_a_signed_rendering(api: Api, anonymous: Api, processed: Callable[..., Any]) -> None:
    asset = processed("a.png", a_picture(size=(200, 100)))
    body = {"width": 50, "height": 50, "fit": "cover", "format": "png"}
    url = api.post(f"/v1/cms/assets/{asset['id']}/render_url", body).data["url"]
    answer = anonymous.get(url)
    picture = decoded(answer)
    assert picture.size == (50, 50)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    # The middle of the image is in the middle.
    assert near(picture.getpixel((10, 10)), (255, 0, 0))
    assert near(picture.getpixel((40, 10)), (0, 255, 0))
    assert anonymous.get(url).body == answer.body

    api.patch(f"/v1/cms/assets/{asset['id']}", {"focalX": 0, "focalY": 0})
    moved = decoded(anonymous.get(url))
    assert near(moved.getpixel((40, 10)), (255, 0, 0))


def test_renderings_never_become_larger(
    api: Api, anonymous: Api, processed: Callable[..., Any]
) -> None:
    asset = processed("a.png", a_picture(size=(60, 40)))
    for body, expected in (
        ({"width": 4000}, (60, 40)),
        ({"width": 30}, (30, 20)),
        ({"width": 4000, "height": 2000, "fit": "cover"}, (60, 30)),
        ({"height": 10}, (15, 10)),
    ):
        url = api.post(f"/v1/cms/assets/{asset['id']}/render_url", body).data["url"]
        assert decoded(anonymous.get(url)).size == expected


def test_what_was_not_signed_is_not_rendered(
    api: Api, anonymous: Api, processed: Callable[..., Any]
) -> None:
    asset = processed()
    body = {"width": 50, "height": 40, "format": "png"}
    url = api.post(f"/v1/cms/assets/{asset['id']}/render_url", body).data["url"]
    path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
    signed = {key: one for key, (one,) in query.items()}
    assert anonymous.get(path, params=signed).status == 200
    for changed in (
        *({"width": "51"}, {"height": "41"}, {"format": "jpeg"}, {"quality": "90"}),
        *({"fit": "cover"}, {"v": "2"}, {"s": "x"}),
    ):
        answer = anonymous.get(path, params=signed | changed)
        assert (answer.status, answer.error["code"]) == (403, "rendering_unsigned"), changed
    bare = anonymous.get(path, params={"width": "50"})
    assert (bare.status, bare.error["code"]) == (403, "rendering_unsigned")


def test_a_signature_is_of_one_asset(
    api: Api, anonymous: Api, processed: Callable[..., Any]
) -> None:
    one, other = processed("a.png"), processed("b.png")
    url = api.post(f"/v1/cms/assets/{one['id']}/render_url", {"width": 50}).data["url"]
    tokens = [urlsplit(asset["url"]).path.split("/")[5] for asset in (one, other)]
    assert anonymous.get(url.replace(tokens[0], tokens[1])).status == 403


def test_presets_need_no_signature(anonymous: Api, processed: Callable[..., Any]) -> None:
    asset = processed("a.png", a_picture(size=(600, 300)))
    path = urlsplit(asset["url"]).path.replace("/file", "/render")
    assert decoded(anonymous.get(f"{path}?preset=thumbnail")).size == (200, 200)
    unknown = anonymous.get(f"{path}?preset=huge")
    assert unknown.status == 400


def test_only_images_are_rendered(api: Api, anonymous: Api, processed: Callable[..., Any]) -> None:
    asset = processed("a.pdf", b"%PDF-1.7\n")
    refused = api.post(f"/v1/cms/assets/{asset['id']}/render_url", {"width": 50})
    assert (refused.status, refused.error["code"]) == (409, "asset_not_ready")
    path = urlsplit(asset["url"]).path.replace("/file", "/render")
    assert anonymous.get(f"{path}?preset=small").status == 409


def test_addresses_end_with_the_asset_and_with_the_module(
    api: Api,
    anonymous: Api,
    processed: Callable[..., Any],
    deactivate: Callable[..., None],
    activate: Callable[..., None],
    run_events: DeliveryRun,
) -> None:
    asset = processed()
    addresses = [asset["url"], asset["variants"][0]["url"]]
    assert api.delete(f"/v1/cms/assets/{asset['id']}").status == 200
    assert [anonymous.get(one).status for one in addresses] == [404, 404]
    assert api.post(f"/v1/cms/assets/{asset['id']}/restore").status == 200
    assert [anonymous.get(one).status for one in addresses] == [200, 200]
    deactivate("cms")
    assert [anonymous.get(one).error["code"] for one in addresses] == ["module_disabled"] * 2
    activate("cms")
    assert [anonymous.get(one).status for one in addresses] == [200, 200]


def test_guessed_addresses(anonymous: Api, processed: Callable[..., Any]) -> None:
    asset = processed()
    for token in ("lnk_" + "0" * 43, asset["id"], "..%2f..%2fetc%2fpasswd"):
        answer = anonymous.get(f"/v1/cms/public/assets/{token}/file")
        assert (answer.status, answer.error["code"]) == (404, "not_found")
    missing = urlsplit(asset["url"]).path.replace("/file", "/variant?width=7&format=avif")
    assert anonymous.get(missing).status == 404
