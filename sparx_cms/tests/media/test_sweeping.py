"""What is deleted, and what stays: rows first, then the files that no row refers to."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from sparx_cms.handlers.media import sweep_media
from sparx_core.auth.keys import parse_key
from sparx_core.runtime import Runtime
from sparx_core.storage.local import LocalStore
from sparx_core.tenants import NewTenant
from sparx_core.testing import Answer, Api, DeliveryRun, Owner

from .conftest import a_picture


@pytest.fixture
def folder(installation: Runtime, tenant: NewTenant) -> Path:
    """Where the tenant's files are."""
    assert isinstance(installation.store, LocalStore)
    return installation.store.folder / str(tenant.tenant_id)


@pytest.fixture
def sweep(installation: Runtime, tenant: NewTenant) -> Iterator[Callable[[], None]]:
    def sweep() -> None:
        with installation.as_key(parse_key(tenant.api_key)) as ctx:
            sweep_media.function(ctx)
            ctx.finish()

    return sweep


def stored(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def make_old(folder: Path) -> None:
    """Let all files have been written two days ago."""
    then = time.time() - timedelta(days=2).total_seconds()
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


def test_what_is_in_use_stays(
    api: Api, processed: Callable[..., Any], folder: Path, sweep: Callable[[], None]
) -> None:
    asset = processed()
    reserved = api.post("/v1/cms/uploads", {"filename": "a.png", "size": 100}).data
    path = f"/v1/cms/uploads/{reserved['id']}/content"
    assert api.request("PUT", path, body=b"x" * 50).status == 200
    sweep()  # the parts of the asset's upload are still young
    make_old(folder)
    sweep()
    kept = stored(folder)
    make_old(folder)
    sweep()
    assert stored(folder) == kept
    assert {name.split("/")[2] for name in kept} == {asset["id"], reserved["id"]}
    assert len(kept) == 4  # the original, two variants, a part


def test_files_of_nobody_are_deleted_when_they_are_old(
    processed: Callable[..., Any], folder: Path, sweep: Callable[[], None]
) -> None:
    asset = processed()
    left = [
        folder / "cms/assets" / str(uuid4()) / "1/original",
        folder / "cms/uploads" / str(uuid4()) / "abc",
        folder / "cms/assets" / asset["id"] / "0/original",
    ]
    for path in left:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"left")
    sweep()
    assert all(path.exists() for path in left)
    make_old(folder)
    sweep()
    assert not any(path.exists() for path in left)
    assert {name.split("/")[2] for name in stored(folder)} == {asset["id"]}


def test_old_versions_go(
    api: Api,
    processed: Callable[..., Any],
    put: Callable[..., Answer],
    run_events: DeliveryRun,
    folder: Path,
    sweep: Callable[[], None],
) -> None:
    asset = processed()
    data = a_picture(size=(30, 30))
    body = {"filename": "a.png", "size": len(data), "assetId": asset["id"]}
    reserved = api.post("/v1/cms/uploads", body).data
    put(reserved, data)
    api.post(f"/v1/cms/uploads/{reserved['id']}/complete")
    run_events()
    make_old(folder)
    sweep()
    assert {name.split("/")[3] for name in stored(folder)} == {"2"}


def test_the_trash_is_emptied_after_thirty_days(
    api: Api,
    processed: Callable[..., Any],
    owner: Owner,
    folder: Path,
    sweep: Callable[[], None],
) -> None:
    asset = processed()
    api.delete(f"/v1/cms/assets/{asset['id']}")
    make_old(folder)
    sweep()
    assert any(asset["id"] in name for name in stored(folder))
    owner.execute(
        "UPDATE cms.assets SET deleted_at = now() - interval '31 days' WHERE id = %s", asset["id"]
    )
    sweep()
    assert stored(folder) == set()
    assert api.post(f"/v1/cms/assets/{asset['id']}/restore").status == 404


def test_uploads_end_after_a_day(
    api: Api, put: Callable[..., Answer], owner: Owner, folder: Path, sweep: Callable[[], None]
) -> None:
    reserved = api.post("/v1/cms/uploads", {"filename": "a.png", "size": 100}).data
    put(reserved, b"x" * 50, 0, 100)
    owner.execute(
        "UPDATE cms.uploads SET expires_at = now() - interval '1 second' WHERE id = %s",
        reserved["id"],
    )
    late = put(reserved, b"x" * 50, 50, 100)
    assert (late.status, late.error["code"]) == (409, "upload_closed")
    make_old(folder)
    sweep()
    assert api.get(f"/v1/cms/uploads/{reserved['id']}").status == 404
    assert stored(folder) == set()
