"""The rules for modules, as tests: :class:`ModuleContract` and :func:`assert_module_contract`."""

from sparx_core.testing.contract.case import ModuleContract
from sparx_core.testing.contract.contract import assert_module_contract
from sparx_core.testing.contract.rules import RULES

__all__ = ["RULES", "ModuleContract", "assert_module_contract"]
