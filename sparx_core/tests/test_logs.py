"""Logs: one JSON line an event, from every library, and never a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from sparx_core.logs import configure_logging, mask
from sparx_core.settings import Settings


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    configuration = structlog.get_config()
    target = io.StringIO()
    configure_logging(Settings.load({"SPARX_LOG_FORMAT": "json"}), target)
    yield target
    structlog.configure(**configuration)
    logging.captureWarnings(False)
    logging.getLogger().handlers[:], logging.getLogger().level = before


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_own_and_foreign_events_are_json_lines_with_the_bound_context(
    stream: io.StringIO,
) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger().info("request", status=201)
        logging.getLogger("gunicorn.error").info("Booting %s", "worker")
    first, second = lines(stream)
    assert (first["event"], first["status"], first["request_id"]) == ("request", 201, "r1")
    assert second["event"] == "Booting worker"
    assert second["logger"] == "gunicorn.error"
    assert second["request_id"] == "r1"
    assert first["level"] == second["level"] == "info"


def test_level_holds_for_both(stream: io.StringIO) -> None:
    structlog.get_logger().debug("hidden")
    logging.getLogger("anything").debug("hidden")
    logging.getLogger("huey").info("talkative")
    assert lines(stream) == []


def test_secrets_are_masked_wherever_they_are(stream: io.StringIO) -> None:
    key = "sk_live_CHKBmZy9_WrD6cQ0wzTlIEofje4yzH38hR30J48RE"
    log = structlog.get_logger()
    log.info("said", header=f"Bearer {key}", nested={"list": ["whsec_MfKQ9r8GKYqrTwjU=="]})
    log.info(
        "url", url="postgresql://sparx_app:hunter2@db.internal/sparx", dsn="password=hunter2 x"
    )
    try:
        raise ValueError(f"bad key {key}")
    except ValueError:
        logging.getLogger("huey").exception("failed")
    text = stream.getvalue()
    for secret in (key, "CHKBmZy9", "MfKQ9r8G", "hunter2"):
        assert secret not in text
    assert "postgresql://sparx_app:***@db.internal/sparx" in text
    assert len(lines(stream)) == 3


def test_text_without_secrets_is_left_alone() -> None:
    for text in ("GET https://example.org/a:b@c?x=1", "task_list sk_ x", "mail a@b.example"):
        assert mask(text) == text


def test_console_lines_are_readable() -> None:
    target = io.StringIO()
    before = structlog.get_config()
    try:
        configure_logging(Settings.load({"SPARX_LOG_FORMAT": "console"}), target)
        structlog.get_logger().warning("slow", ms=12)
        assert "slow" in target.getvalue()
        assert "ms=12" in target.getvalue()
        assert not target.getvalue().startswith("{")
    finally:
        structlog.configure(**before)
        logging.getLogger().handlers.clear()
        logging.captureWarnings(False)
