"""Chance that can be had again: the seed is printed, and taken from TEST_SEED if that is set."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field


@dataclass
class Chance:
    """A source of chance with its seed."""

    seed: int = field(
        default_factory=lambda: int(os.environ.get("TEST_SEED") or random.randrange(1_000_000))
    )

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        print(f"TEST_SEED={self.seed}")
