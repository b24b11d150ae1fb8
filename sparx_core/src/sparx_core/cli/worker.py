"""``sparx worker``: runs event handlers."""

from __future__ import annotations

import os
from dataclasses import replace

import click

from sparx_core.cli.output import Output, with_output
from sparx_core.cli.session import load_settings
from sparx_core.server.parent import end_with_parent


@click.command()
@click.option("--threads", type=click.IntRange(1, 256), help="Instead of SPARX_WORKER_THREADS.")
@with_output
def worker(output: Output, threads: int | None) -> None:
    """Run event handlers until SIGTERM; as many workers as wanted. --json logs as JSON."""
    if output.as_json:
        os.environ["SPARX_LOG_FORMAT"] = "json"
    settings = load_settings(output, quiet=False)
    end_with_parent()
    from sparx_core.db.guard import refuse_forgetful_commits
    from sparx_core.events.worker import run_worker
    from sparx_core.runtime import Runtime

    if threads is not None:
        settings = replace(settings, worker_threads=threads)
    runtime = Runtime.start(settings, prepare=False)
    try:
        refuse_forgetful_commits(runtime.database)
        run_worker(runtime, settings.worker_threads)
    finally:
        runtime.close()
