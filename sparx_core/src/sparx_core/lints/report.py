"""What was found, for people."""

from __future__ import annotations

from collections.abc import Sequence

from sparx_core.lints.lint import Finding
from sparx_core.lints.runner import LINTS


def report(findings: Sequence[Finding]) -> list[str]:
    """A line for each lint that holds; for one that does not, its offenders with advice."""
    lines = []
    for lint in LINTS:
        found = [finding for finding in findings if finding.lint == lint.id]
        lines.append(f"{lint.id:<4} {'FAIL' if found else 'ok':<5} {lint.title}")
        for finding in found:
            lines.append(f"{'':10} {finding.object} {finding.problem}")
            lines.append(f"{'':10} > {finding.advice}")
    return lines
