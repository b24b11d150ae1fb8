"""Which storage an installation has, as its settings say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from sparx_core.storage.local import LocalStore
from sparx_core.storage.s3 import Bucket, S3Store

if TYPE_CHECKING:
    from sparx_core.settings import Settings
    from sparx_core.storage.store import Store

_REGION = "us-east-1"


def store_of(settings: Settings) -> Store:
    """The storage that the settings name, or the folder ``files`` under ``SPARX_HOME``."""
    return settings.storage_url or LocalStore(settings.home / "files")


def parse_place(value: str) -> Store:
    """The storage that a URL names. Raises ``ValueError``, which does not repeat it: it may hold a
    password.
    """
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise _unreadable() from None
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return LocalStore(Path(os.path.abspath(unquote(parts.path))))
    name = parts.path.strip("/")
    if parts.scheme not in ("s3", "s3+http") or not parts.hostname or not name or "/" in name:
        raise _unreadable()
    if not parts.username or not parts.password:
        raise _unreadable()
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    scheme = "https" if parts.scheme == "s3" else "http"
    more = dict(parse_qsl(parts.query))
    return S3Store(
        Bucket(
            endpoint=f"{scheme}://{host}" + (f":{port}" if port else ""),
            name=unquote(name),
            region=more.get("region", _REGION),
            access_key=unquote(parts.username),
            secret_key=unquote(parts.password),
        )
    )


def _unreadable() -> ValueError:
    return ValueError(
        "must be file:///folder, or s3://key:secret@host/bucket?region=... (s3+http:// without TLS)"
    )
