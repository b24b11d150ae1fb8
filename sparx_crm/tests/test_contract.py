"""The CRM keeps the rules for modules."""

from sparx_core.testing import ModuleContract


class TestContract(ModuleContract):
    module = "crm"
