"""The suite, installed once, where somebody asks for it: it brings 120 packages and a Node."""

from __future__ import annotations

import os

import pytest

from .suite import Suite


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    if not os.environ.get("TEST_CONFORMANCE"):
        pytest.skip("make conformance runs the official suite, from npm")
    return Suite.installed(tmp_path_factory.mktemp("suite"))
