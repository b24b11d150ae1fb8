"""What goes away says so, to those who use it: since when, until when, and what instead."""

from __future__ import annotations

import subprocess
import sys
import types
import warnings
from types import SimpleNamespace

import pytest

import sparx_core
from sparx_core import Module, SparxDeprecationWarning, deprecated, front, hookimpl
from sparx_core.deprecation.names import Deprecation
from sparx_core.modules import Installed
from sparx_core.registry import Registry

GOING = Deprecation(since="1.1", until="2.0", replacement="sparx_core.Related")
TOLD = "is deprecated since 1.1 and gone with 2.0: use sparx_core.Related"


@pytest.fixture
def going(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(front.DEPRECATED, "Link", (GOING, front.Related))


def test_a_name_that_goes_away_works_and_warns(going: None) -> None:
    with pytest.warns(SparxDeprecationWarning) as caught:
        assert sparx_core.Link is sparx_core.Related
    assert [str(one.message) for one in caught] == [f"sparx_core.Link {TOLD}"]
    assert caught[0].filename == __file__, "it names the line that uses it"


def test_importing_it_warns_too(going: None) -> None:
    with pytest.warns(SparxDeprecationWarning, match="sparx_core.Link"):
        exec("from sparx_core import Link", {})


def test_names_that_stay_do_not_warn() -> None:
    code = f"from sparx_core import {', '.join(front.__all__)}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


class Stall:
    """Hooks of a module, one of which goes away."""

    @deprecated(since="1.1", until="2.0", replacement="sparx_stall_price")
    def sparx_stall_cost(self) -> int:
        """What goods cost."""

    @sparx_core.hookspec
    def sparx_stall_price(self) -> int:
        """What goods cost."""


def registered(**hooks: object) -> Registry:
    stall = Module("stall", "Stall", "stall", SimpleNamespace(), hookspecs=Stall)
    plugin = types.SimpleNamespace(**hooks)
    user = Module("user", "User", "user", plugin, requires=("stall",))
    return Registry([Installed(stall, "sparx-stall", "1"), Installed(user, "sparx-user", "1")])


def test_an_implementation_of_a_hook_that_goes_away_works_and_warns() -> None:
    def sparx_stall_cost() -> int:
        return 3

    with pytest.warns(SparxDeprecationWarning) as caught:
        registry = registered(sparx_stall_cost=hookimpl(sparx_stall_cost))
    (told,) = caught
    assert "sparx_stall_cost is deprecated since 1.1 and gone with 2.0" in str(told.message)
    assert "use sparx_stall_price" in str(told.message)
    assert told.filename == __file__
    assert registry.call_hook("sparx_stall_cost", frozenset({"user"}), {}) == [3]


def test_an_implementation_of_its_replacement_does_not_warn() -> None:
    def sparx_stall_price() -> int:
        return 3

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        registered(sparx_stall_price=hookimpl(sparx_stall_price))
