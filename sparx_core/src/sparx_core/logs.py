"""Logs: one line an event, JSON or readable, on standard error, never with a secret in it.

Everything goes through the same renderer: the core's own structlog loggers and what huey,
gunicorn and other libraries say through the standard library.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from sparx_core.settings import Settings

#: API keys, webhook secrets, passwords in URLs and in libpq's key=value form.
_SECRETS = re.compile(
    r"(?P<key>sk_(?:live|test)_)\w+"
    r"|(?P<hook>whsec_)[\w+/=-]+"
    r"|(?P<url>://[^\s:/@\"']*:)[^\s/@\"']+(?=@)"
    r"|(?P<field>\bpassword=)[^\s\"'&\\]+"
)
#: What a line must contain before the expression is worth running over it.
_SUSPICIOUS = ("sk_", "whsec_", "://", "password=")

#: Libraries that tell each step at "info"; theirs is our "debug".
_TALKATIVE = ("huey", "peewee", "urllib3")


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Configure structlog and the standard library for this process; may be called again."""
    target = sys.stderr if stream is None else stream
    console = settings.log_format == "console" or (settings.log_format is None and target.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    render = _console(target) if console else _json()
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=target),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(level if level <= logging.DEBUG else logging.WARNING)


def mask(text: str) -> str:
    """The text without API keys, webhook secrets and passwords."""
    if not any(part in text for part in _SUSPICIOUS):
        return text
    return _SECRETS.sub(lambda found: f"{found[found.lastgroup or 0]}***", text)


class _Masked:
    """A renderer whose finished line is masked: nested values and tracebacks included."""

    def __init__(self, renderer: Callable[[WrappedLogger, str, EventDict], str | bytes]) -> None:
        self._renderer = renderer

    def __call__(self, logger: WrappedLogger, name: str, event: EventDict) -> str:
        line = self._renderer(logger, name, event)
        return mask(line if isinstance(line, str) else line.decode())


def _json() -> list[Processor]:
    encode = msgspec.json.Encoder(enc_hook=str, decimal_format="number").encode

    def serialise(event: Any, **_: Any) -> bytes:
        return encode(event)

    return [
        structlog.processors.format_exc_info,
        _Masked(structlog.processors.JSONRenderer(serializer=serialise)),
    ]


def _console(target: TextIO) -> list[Processor]:
    return [
        _Masked(
            structlog.dev.ConsoleRenderer(
                colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        )
    ]
