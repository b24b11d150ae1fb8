"""What module authors test with: a pytest plugin, installed by ``pip install sparx-core[testing]``.

The fixtures are in :mod:`sparx_core.testing.plugin`, found by pytest on its own; here are the types
that they hand out, for annotations; :class:`ModuleContract` and :func:`assert_module_contract`,
which hold a module against the rules for all modules; and :func:`open_installation` for a suite
that wants an installation of modules which are not installed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sparx_core.testing.api import Answer, Api
from sparx_core.testing.database import UNLIMITED, DatabaseServer, open_installation
from sparx_core.testing.deliveries import DeliveryRun
from sparx_core.testing.owner import Owner
from sparx_core.testing.statements import StatementLog
from sparx_core.testing.tenants import TenantMaker
from sparx_core.testing.webhooks import SentWebhook, SentWebhooks

if TYPE_CHECKING:
    from sparx_core.tenants import NewTenant
    from sparx_core.testing.contract import ModuleContract, assert_module_contract
    from sparx_core.testing.outbound import OutboundCall, OutboundCalls

__all__ = [
    "UNLIMITED",
    "Answer",
    "Api",
    "DatabaseServer",
    "DeliveryRun",
    "ModuleContract",
    "NewTenant",
    "OutboundCall",
    "OutboundCalls",
    "Owner",
    "SentWebhook",
    "SentWebhooks",
    "StatementLog",
    "TenantMaker",
    "assert_module_contract",
    "open_installation",
]

#: What is imported when it is asked for: pytest imports this package in every run of every project
#: that it is installed beside.
_LATER = {
    "ModuleContract": "sparx_core.testing.contract",
    "NewTenant": "sparx_core.tenants",
    "OutboundCall": "sparx_core.testing.outbound",
    "OutboundCalls": "sparx_core.testing.outbound",
    "assert_module_contract": "sparx_core.testing.contract",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(name)
    return getattr(import_module(_LATER[name]), name)
