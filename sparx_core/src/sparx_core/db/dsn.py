"""Database URLs as text: read, changed, shown without their secrets."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import psycopg2
from psycopg2.extensions import parse_dsn


class DatabaseSetupError(Exception):
    """The database cannot be used as it is; the message says why and what to do."""


#: Without tcp_user_timeout a connection over a broken network hangs for minutes.
DEADLINES = {
    "connect_timeout": "3",
    "tcp_user_timeout": "5000",
    "keepalives_idle": "3",
    "keepalives_interval": "2",
    "keepalives_count": "2",
}


def with_deadlines(url: str, application_name: str = "sparx") -> str:
    """The URL with connection deadlines and a name, unless it sets its own."""
    parts = {**DEADLINES, "application_name": application_name, **parsed(url)}
    return built(parts)


def with_login(url: str, user: str, password: str | None = None) -> str:
    """The URL for another user; without ``password`` the same one is kept."""
    parts = {**parsed(url), "user": user}
    if password is not None:
        parts["password"] = password
    return built(parts)


def masked(url: str) -> str:
    """The URL as it may be shown: where and who, without password and parameters."""
    parts = parsed(url)
    place = parts.get("host", "")
    if "port" in parts and not place.startswith("/"):
        place = f"{place}:{parts['port']}"
    return f"postgresql://{parts.get('user', '')}@{place}/{parts.get('dbname', '')}"


def parsed(url: str) -> dict[str, str]:
    try:
        return dict(parse_dsn(url))
    except psycopg2.ProgrammingError:
        # libpq's message repeats what it could not read, passwords included.
        raise DatabaseSetupError(
            "A database URL cannot be read. It looks like"
            " postgresql://user:password@host:5432/database; special characters in the password"
            " are percent-encoded."
        ) from None


def built(parts: dict[str, str]) -> str:
    rest = dict(parts)
    user, password = rest.pop("user", ""), rest.pop("password", None)
    login = quote(user, safe="")
    if password is not None:
        login += f":{quote(password, safe='')}"
    host, port = rest.get("host", ""), rest.get("port", "")
    place = ""
    # A socket directory, or several hosts, are parameters.
    if host and not set(host) & set("/,:") and "," not in port:
        place = rest.pop("host") + (f":{rest.pop('port')}" if port else "")
    database = quote(rest.pop("dbname", ""), safe="")
    address = f"{login}@{place}" if login else place
    return f"postgresql://{address}/{database}?{urlencode(rest, quote_via=quote, safe='/')}"
