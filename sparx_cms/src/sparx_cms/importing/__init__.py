"""Content out of other systems, and out of another Sparx: read into a :class:`Space`, then placed.

What is read is of a file that somebody sent, so that nothing in it is taken for granted.
"""

from sparx_cms.importing.reading import read_space
from sparx_cms.importing.space import Space

__all__ = ["Space", "read_space"]
