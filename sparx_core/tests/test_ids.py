"""Row identifiers: sorted by the time they were made, read in one spelling."""

from __future__ import annotations

import time
from uuid import RFC_4122, UUID

import pytest

from sparx_core.ids import parse_uuid, uuid7

CANONICAL = "01a2007d-fd87-73b7-b820-b471a0e40afc"


def test_version_and_variant() -> None:
    for _ in range(1000):
        made = uuid7()
        assert (made.version, made.variant) == (7, RFC_4122)


def test_ids_sort_by_time_and_do_not_repeat() -> None:
    made = []
    for _ in range(200):
        made.append(uuid7())
        began = time.time_ns()
        while time.time_ns() - began < 2000:
            pass
    assert made == sorted(made)
    assert len({uuid7() for _ in range(10_000)}) == 10_000


def test_milliseconds_are_those_of_the_clock() -> None:
    before = time.time_ns() // 1_000_000
    milliseconds = uuid7().int >> 80
    assert before <= milliseconds <= time.time_ns() // 1_000_000


@pytest.mark.parametrize(
    "text",
    [CANONICAL, CANONICAL.upper(), str(UUID(int=0)), str(uuid7())],
    # The last is another one in each process; pytest-xdist wants the same names in all.
    ids=["lower case", "upper case", "zero", "new"],
)
def test_canonical_form(text: str) -> None:
    assert parse_uuid(text) == UUID(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        CANONICAL[:-1],
        CANONICAL + "0",
        CANONICAL.replace("-", ""),
        f"{{{CANONICAL[1:-1]}}}",
        f"urn:uuid:{CANONICAL}",
        f" {CANONICAL[1:]}",
        f"{CANONICAL[:-1]} ",
        f"{CANONICAL[:-2]}_c",
        f"+{CANONICAL[1:]}",
        f"0x{CANONICAL[2:]}",
        "01a2007d-fd8773b7-b820b471-a0e40af-c",
        "01a2007dfd8773b7b820b471a0e40afc----",
        CANONICAL.replace("0", "\N{ARABIC-INDIC DIGIT ZERO}"),
        CANONICAL.replace("0", "\N{FULLWIDTH DIGIT ZERO}"),
        CANONICAL.replace("a", "g"),
        CANONICAL.replace("-", "\N{EN DASH}"),
    ],
)
def test_other_spellings_are_none(text: str) -> None:
    assert parse_uuid(text) is None
