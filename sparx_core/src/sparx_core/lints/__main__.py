"""``python -m sparx_core.lints``: checks the database of this installation.

Prints a line for each lint, or JSON. Exit code 0: nothing found; 1: something was, or the
database cannot be reached.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace

from peewee import PostgresqlDatabase

from sparx_core.db.dsn import DatabaseSetupError
from sparx_core.db.embedded import EmbeddedError
from sparx_core.db.urls import connect, resolve_urls
from sparx_core.lints.lint import Finding
from sparx_core.lints.report import report
from sparx_core.lints.runner import run_lints
from sparx_core.logs import configure_logging
from sparx_core.modules import RegistryError
from sparx_core.registry import Registry
from sparx_core.settings import Settings, SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sparx_core.lints", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args(arguments).json
    try:
        findings = _findings()
    except (SettingsError, RegistryError, DatabaseSetupError, EmbeddedError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps({"ok": not findings, "findings": [asdict(one) for one in findings]}))
    else:
        print("\n".join(report(findings)))
    return 1 if findings else 0


def _findings() -> list[Finding]:
    settings = Settings.load()
    configure_logging(replace(settings, log_level="critical"))
    urls = resolve_urls(settings)
    connect(urls.app).close()
    database = PostgresqlDatabase(urls.app)
    try:
        return run_lints(database, Registry.discover())
    finally:
        database.close()


if __name__ == "__main__":
    sys.exit(main())
