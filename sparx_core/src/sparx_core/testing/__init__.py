"""What module authors test with: a pytest plugin, installed by ``pip install sparx-core[testing]``.

The fixtures are in :mod:`sparx_core.testing.plugin`, found by pytest on its own; here are the types
that they hand out, for annotations, and :func:`open_installation` for a suite that wants an
installation of modules which are not installed.
"""

from sparx_core.testing.api import Answer, Api
from sparx_core.testing.database import DatabaseServer, open_installation
from sparx_core.testing.deliveries import DeliveryRun
from sparx_core.testing.owner import Owner
from sparx_core.testing.statements import StatementLog
from sparx_core.testing.tenants import TenantMaker

__all__ = [
    "Answer",
    "Api",
    "DatabaseServer",
    "DeliveryRun",
    "Owner",
    "StatementLog",
    "TenantMaker",
    "open_installation",
]
