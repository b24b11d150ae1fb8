"""Every setting of an installation: one declared table, read from ``SPARX_*`` variables only.

``python -m sparx_core.settings`` prints the documentation page that is generated from it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Literal

from sparx_core.limits.rate import Rate, parse_rate
from sparx_core.storage.places import parse_place
from sparx_core.storage.store import Store
from sparx_core.variables import (
    addresses,
    keys,
    networks,
    one_of,
    path,
    private,
    text,
    url,
    usable_cpus,
    whole,
    whole_or_off,
)

#: Set by ``sparx dev`` for the processes that it starts: the read end of a pipe, which ends
#: when the parent does. Not a setting, but not unknown either.
PARENT_FD = "SPARX_PARENT_FD"

#: Neither are these: a client's own server, key and secret, as the documentation calls them, and
#: the server that tests run on, and how long they try the document.
_NO_SETTINGS = {PARENT_FD, "SPARX_KEY", "SPARX_WEBHOOK_SECRET", "SPARX_TEST_DATABASE_URL"}
_NO_SETTINGS |= {"SPARX_URL", "SPARX_FUZZ_EXAMPLES"}

LOG_FORMATS = ("json", "console")
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")


class SettingsError(Exception):
    """Variables that cannot be used; ``problems`` lists all of them, each with its name."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def _setting(
    variable: str,
    convert: Callable[[str], Any],
    help: str,
    *,
    default: Any = None,
    shown: str | None = None,
    also: str | None = None,
) -> Any:
    """One row of the table. ``default`` is written as the variable would be; None means unset."""
    return field(
        metadata={
            "variable": variable,
            "convert": convert,
            "help": help,
            "default": default,
            "shown": shown,
            "also": also,
        }
    )


_database = url("postgresql", "postgres")
_redis = url("redis", "rediss", "unix")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The validated settings of one process."""

    home: Path = _setting(
        "SPARX_HOME",
        path,
        "Folder of what this installation keeps itself: the embedded database, generated"
        " passwords, the demo tenant. Relative to the folder the command is started in.",
        default=".sparx",
    )
    host: str = _setting(
        "SPARX_HOST", text, "Address the API listens on; 0.0.0.0 for all.", default="127.0.0.1"
    )
    port: int = _setting(
        "SPARX_PORT",
        whole(1, 65535),
        "Port the API listens on; `PORT` counts when this is not set.",
        default="8000",
        also="PORT",
    )
    database_url: str | None = _setting(
        "SPARX_DATABASE_URL",
        _database,
        "PostgreSQL 15 or newer. Either an administrator (a superuser, or a role with CREATEROLE"
        " that owns the database), from which Sparx makes the roles it serves with; or the login"
        " `sparx_app`, for a server that runs without administrator rights.",
        shown="embedded PostgreSQL under `SPARX_HOME`",
    )
    owner_database_url: str | None = _setting(
        "SPARX_OWNER_DATABASE_URL",
        _database,
        "A member of `sparx_owner`. Only `sparx migrate`, `sparx check` and the operator"
        " commands (`tenant`, `key`, `module`) need it.",
        shown="`SPARX_DATABASE_URL` when that is an administrator",
    )
    dispatch_database_url: str | None = _setting(
        "SPARX_DISPATCH_DATABASE_URL",
        _database,
        "The login `sparx_dispatch`, with which workers claim deliveries.",
        shown="`SPARX_DATABASE_URL` with the user `sparx_dispatch` and the same password",
    )
    redis_url: str | None = _setting(
        "SPARX_REDIS_URL",
        _redis,
        "Queue and rate limits of an installation with several machines.",
        shown="the queue is in PostgreSQL, and each process counts requests by itself",
    )
    api_processes: int = _setting(
        "SPARX_API_PROCESSES",
        whole(1, 512),
        "Processes that serve the API.",
        default=str(usable_cpus()),
        shown="number of CPUs",
    )
    api_threads: int = _setting(
        "SPARX_API_THREADS", whole(1, 256), "Threads, and connections, of each.", default="8"
    )
    worker_threads: int = _setting(
        "SPARX_WORKER_THREADS", whole(1, 256), "Threads of one worker.", default="4"
    )
    lease_seconds: int = _setting(
        "SPARX_LEASE_SECONDS",
        whole(5, 3600),
        "How long a worker may hold a delivery before another one may take it over.",
        default="60",
    )
    max_body_bytes: int = _setting(
        "SPARX_MAX_BODY_BYTES",
        whole(1024, 1 << 30),
        "Largest request body; a larger one is answered with 413.",
        default="1048576",
    )
    max_body_values: int = _setting(
        "SPARX_MAX_BODY_VALUES",
        whole(100, 1_000_000),
        "Most values in one JSON body, lists and objects included; more are answered with 413.",
        default="10000",
    )
    rate_limit_key: Rate | None = _setting(
        "SPARX_RATE_LIMIT_KEY",
        parse_rate,
        "Requests with one key: a number for each `second`, `minute` or `hour`; `off` for any.",
        default="100/second",
    )
    rate_limit_tenant: Rate | None = _setting(
        "SPARX_RATE_LIMIT_TENANT",
        parse_rate,
        "Requests with all keys of a tenant, in the same form.",
        default="300/second",
    )
    rate_limit_address: Rate | None = _setting(
        "SPARX_RATE_LIMIT_ADDRESS",
        parse_rate,
        "Requests without a valid key from one address, or from one IPv6 network of 64 bits.",
        default="50/second",
    )
    tenant_threads: int | None = _setting(
        "SPARX_TENANT_THREADS",
        whole_or_off(1, 256),
        "Threads of each process that may serve one tenant at once; `off` for all.",
        shown="all but two, at least one",
    )
    address_connections: int = _setting(
        "SPARX_ADDRESS_CONNECTIONS",
        whole_or_off(1, 1_000_000),
        "Connections of one address to one process, of addresses other than those of"
        " `SPARX_TRUSTED_PROXIES`; `off` for any number.",
        default="64",
    )
    max_batch_bytes: int = _setting(
        "SPARX_MAX_BATCH_BYTES",
        whole(1024, 1 << 30),
        "Largest body of a batch; a larger one is answered with 413.",
        default="8388608",
    )
    graphql_max_cost: int = _setting(
        "SPARX_GRAPHQL_MAX_COST",
        whole(100, 10_000_000),
        "What one GraphQL operation may cost, which is about the objects that it could show; one"
        " that costs more is answered with 400.",
        default="50000",
    )
    audit_days: int = _setting(
        "SPARX_AUDIT_DAYS",
        whole_or_off(1, 36_500),
        "Days that the audit log goes back; `off` for all that there ever was.",
        default="365",
    )
    event_days: int = _setting(
        "SPARX_EVENT_DAYS",
        whole_or_off(1, 36_500),
        "Days after which an event is deleted, unless a handler or a webhook has yet to be told of"
        " it; `off` for never.",
        default="90",
    )
    delivery_days: int = _setting(
        "SPARX_DELIVERY_DAYS",
        whole_or_off(1, 36_500),
        "Days after which a delivery to a handler that is done is deleted; `off` for never.",
        default="7",
    )
    dead_delivery_days: int = _setting(
        "SPARX_DEAD_DELIVERY_DAYS",
        whole_or_off(1, 36_500),
        "The same of one that is dead, and of tasks that came up while their module was off; `off`"
        " for never.",
        default="30",
    )
    metrics_addresses: str = _setting(
        "SPARX_METRICS_ADDRESSES",
        addresses,
        "Addresses, or networks, separated by commas, that see `/metrics`; for others there is"
        " none.",
        default="127.0.0.1,::1",
    )
    max_import_bytes: int = _setting(
        "SPARX_MAX_IMPORT_BYTES",
        whole(1024, 1 << 40),
        "Largest file of an import; a larger one is answered with 413.",
        default="1073741824",
    )
    storage_url: Store | None = _setting(
        "SPARX_STORAGE_URL",
        parse_place,
        "Where uploaded files are: `file:///folder` or `s3://key:secret@host/bucket?region=...`.",
        shown="the folder `files` under `SPARX_HOME`",
    )
    max_upload_bytes: int = _setting(
        "SPARX_MAX_UPLOAD_BYTES",
        whole(1024, 1 << 40),
        "Largest file that is uploaded; a larger one is answered with 413.",
        default="209715200",
    )
    job_days: int = _setting(
        "SPARX_JOB_DAYS",
        whole(1, 3650),
        "Days after which a job that is over is deleted, with its file and with what it takes to"
        " undo it.",
        default="7",
    )
    trusted_proxies: str = _setting(
        "SPARX_TRUSTED_PROXIES",
        addresses,
        "Addresses, separated by commas, whose `X-Forwarded-*` headers are believed.",
        default="127.0.0.1,::1",
    )
    webhook_threads: int = _setting(
        "SPARX_WEBHOOK_THREADS",
        whole(1, 256),
        "Webhooks that one worker sends at a time, not counting those whose receivers are slow.",
        default="16",
    )
    webhook_days: int = _setting(
        "SPARX_WEBHOOK_DAYS",
        whole(1, 3650),
        "Days after which a webhook delivery that is over is deleted, with its attempts.",
        default="30",
    )
    webhook_allow_private: bool | Literal["loopback"] = _setting(
        "SPARX_WEBHOOK_ALLOW_PRIVATE",
        private,
        "Whether requests that tenants cause may go to private addresses: `loopback` for those of"
        " this machine alone, `1` for all private networks. With them http and every port are"
        " allowed, which otherwise are https and 443. `make run` sets `loopback`.",
        default="off",
    )
    outbound_deny: tuple[IPv4Network | IPv6Network, ...] | None = _setting(
        "SPARX_OUTBOUND_DENY",
        networks,
        "More addresses and networks, separated by commas, that requests which tenants cause never"
        " go to.",
        shown="private, reserved and own addresses are refused anyway",
    )
    encryption_keys: tuple[bytes, ...] | None = _setting(
        "SPARX_ENCRYPTION_KEYS",
        keys,
        "Keys of 32 bytes in base64, separated by commas, that seal the secrets of webhooks. The"
        " first one seals, all open; every machine needs the same.",
        shown="a file under `SPARX_HOME`, if the passwords of the database are kept there",
    )
    log_format: str | None = _setting(
        "SPARX_LOG_FORMAT",
        one_of(*LOG_FORMATS),
        "`json` or `console`.",
        shown="`console` on a terminal, `json` otherwise",
    )
    log_level: str = _setting(
        "SPARX_LOG_LEVEL", one_of(*LOG_LEVELS), f"One of {', '.join(LOG_LEVELS)}.", default="info"
    )
    warnings: tuple[str, ...] = ()

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the environment. Raises ``SettingsError`` with every problem there is.

        An empty variable counts as not set. Unknown ``SPARX_*`` names become ``warnings``.
        """
        given = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        problems: list[str] = []
        for declared in declarations():
            variable, raw = _raw(declared, given)
            try:
                values[declared.name] = None if raw is None else declared.metadata["convert"](raw)
            except ValueError as error:
                problems.append(f"{variable} {error}")
        if problems:
            raise SettingsError(problems)
        return cls(**values, warnings=_unknown(given))


def declarations() -> list[Field[Any]]:
    """The declared settings, in the order of the documentation."""
    return [declared for declared in fields(Settings) if "variable" in declared.metadata]


def _raw(declared: Field[Any], given: Mapping[str, str]) -> tuple[str, str | None]:
    for variable in (declared.metadata["variable"], declared.metadata["also"]):
        if variable and given.get(variable, "").strip():
            return variable, given[variable].strip()
    return declared.metadata["variable"], declared.metadata["default"]


def _unknown(given: Mapping[str, str]) -> tuple[str, ...]:
    known = {declared.metadata["variable"] for declared in declarations()}
    known |= _NO_SETTINGS
    return tuple(
        f"{name} is not a setting of Sparx and has no effect"
        for name in sorted(given)
        if name.startswith("SPARX_") and name not in known
    )


_PAGE = """\
# Settings

Generated from `sparx_core/settings.py` (`python -m sparx_core.settings`); do not edit.

Every process reads its settings from these variables when it starts, and refuses to start
when one of them cannot be used. An empty variable counts as not set. A name that starts with
`SPARX_` and is not listed is reported with a warning.

| variable | default | meaning |
|---|---|---|
{rows}

## The database

Three ways, from the least to the most that you set:

1. Nothing. An embedded PostgreSQL (`pip install "sparx-core[dev]"`) runs under `SPARX_HOME`, on a
   socket in the file system and only while a Sparx process uses it.
2. `SPARX_DATABASE_URL` names an administrator. Sparx makes the roles `sparx_owner` (owns the
   tables, cannot log in), `sparx_app` (serves) and `sparx_dispatch` (claims deliveries) with
   random passwords, and keeps those in `SPARX_HOME/credentials.json`. The passwords belong to
   the server: let the machines of one installation share that file, or use the third way.
3. `SPARX_DATABASE_URL` names the login `sparx_app`, and the other two URLs are given where they
   are needed. A machine that only serves needs no administrator's password. `sparx migrate` makes
   the roles if they are missing and the owner's URL names somebody who may, with the passwords
   of the other two. Behind a pooler (PgBouncer in transaction mode works) this is the way to
   take; give `sparx migrate` a `SPARX_OWNER_DATABASE_URL` past the pooler.

Deadlines are added to every URL that does not set its own: `connect_timeout=3`,
`tcp_user_timeout=5000`, `keepalives_idle=3`, `keepalives_interval=2`, `keepalives_count=2`. The
roles carry `statement_timeout` 10 s, `lock_timeout` 2 s, `idle_in_transaction_session_timeout` 15 s
and `tcp_user_timeout` 5 s, so that these hold behind a pooler too.
"""


def documentation() -> str:
    """The settings page, as Markdown."""
    rows = []
    for declared in declarations():
        row = declared.metadata
        default = row["shown"] or (f"`{row['default']}`" if row["default"] else "not set")
        rows.append(f"| `{row['variable']}` | {default} | {row['help']} |")
    return _PAGE.format(rows="\n".join(rows))


if __name__ == "__main__":
    print(documentation(), end="")
