"""What the guide for modules shows of kinds is the module that these tests run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
GUIDE = HERE.parents[2] / "docs" / "writing-a-module.md"


@pytest.mark.skipif(not GUIDE.exists(), reason="the documentation is not installed with the core")
def test_the_guide_shows_this_module() -> None:
    page = GUIDE.read_text(encoding="utf-8")
    section = page.partition("### Kinds that tenants declare\n")[2].partition("\n## ")[0]
    code = (HERE / "zoo.py").read_text() + (HERE / "migrations/zoo/0001_zoo.py").read_text()
    blocks = re.findall(r"^```(?:python|sql)\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 4
    for block in blocks:
        for part in block.rstrip().split("\n\n\n"):
            assert part in code, part
