"""The rules as tests of pytest: one each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import pytest

from sparx_core.modules import Module
from sparx_core.testing.contract.contract import problems_of
from sparx_core.testing.contract.rule import NotChecked, Rule
from sparx_core.testing.contract.rules import RULES
from sparx_core.testing.contract.subject import Sample, Subject

if TYPE_CHECKING:
    from sparx_core.testing.api import Api


class ModuleContract:
    """Every rule for a module, as a test of its own.

        class TestContract(ModuleContract):
            module = "loyalty"

    ``samples`` are bodies of creates by resource, for what cannot be made from the schema:
    ``{"loyalty.rewards": {"code": "A-1"}}``, or a function of the client and the number of the row.
    """

    module: ClassVar[str | Module]
    samples: ClassVar[Mapping[str, Sample]] = {}

    def exercise(self, api: Api) -> None:
        """Override it to cause events, with a tenant's client, that no operation causes."""

    @pytest.mark.parametrize("rule", RULES, ids=[one.id for one in RULES])
    def test_rule(self, module_contract: Subject, rule: Rule) -> None:
        try:
            problems = problems_of(rule, module_contract)
        except NotChecked as reason:
            pytest.skip(str(reason))
        if problems:
            pytest.fail(rule.failure(module_contract.key, problems), pytrace=False)
