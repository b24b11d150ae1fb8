"""24 lints of the database: what a migration, a module or a hand could have broken.

Each is one query over the system catalogues that returns what offends, so that none returns
a row where the walls between tenants stand. ``python -m sparx_core.lints`` runs them.
"""

from sparx_core.lints.lint import Finding, Lint
from sparx_core.lints.report import report
from sparx_core.lints.runner import LINTS, run_lints

__all__ = ["LINTS", "Finding", "Lint", "report", "run_lints"]
