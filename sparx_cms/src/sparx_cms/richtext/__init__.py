"""Rich text: a tree of a closed set of nodes, checked when it is stored, escaped when it is shown.

HTML and Markdown are read into trees and made of trees; neither is ever stored.
"""

from sparx_cms.richtext.checking import problems, validate
from sparx_cms.richtext.from_html import from_html
from sparx_cms.richtext.from_markdown import from_markdown
from sparx_cms.richtext.references import References, references
from sparx_cms.richtext.targets import Resolve, Target, nothing
from sparx_cms.richtext.to_html import to_html
from sparx_cms.richtext.to_markdown import to_markdown
from sparx_cms.richtext.to_text import to_text

__all__ = [
    "References",
    "Resolve",
    "Target",
    "from_html",
    "from_markdown",
    "nothing",
    "problems",
    "references",
    "to_html",
    "to_markdown",
    "to_text",
    "validate",
]
