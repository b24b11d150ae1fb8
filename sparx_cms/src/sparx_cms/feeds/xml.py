"""XML documents, made of elements."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, tostring

#: What an XML document cannot hold, whatever it is written as.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """An element below another one; what XML cannot hold of its text is left out."""
    found = SubElement(parent, name, {key: _clean(value) for key, value in attributes.items()})
    if text is not None:
        found.text = _clean(text)
    return found


def document(root: Element) -> bytes:
    """The document with this root, in UTF-8."""
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text)
