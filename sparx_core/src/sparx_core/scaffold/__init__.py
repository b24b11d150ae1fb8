"""A new module as a distribution: what ``sparx module new`` writes.

The standard library alone; no database, and nothing that has to be installed beside the core.
"""

from sparx_core.scaffold.answers import Answers
from sparx_core.scaffold.generate import FolderExists, generate, rendered
from sparx_core.scaffold.names import BadName, as_class, check_key, title_of

__all__ = [
    "Answers",
    "BadName",
    "FolderExists",
    "as_class",
    "check_key",
    "generate",
    "rendered",
    "title_of",
]
