"""SVG: a program that may be mistaken for a picture. What could run or load something is refused,
and what is no part of the picture is left out.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError, register_namespace, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_XML = "http://www.w3.org/XML/1998/namespace"
register_namespace("", _SVG)
register_namespace("xlink", _XLINK)

MAX_BYTES = 2 * 1024 * 1024
_MAX_DEPTH = 100

_NAMES = (
    "svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan"
    " textPath linearGradient radialGradient stop clipPath mask pattern marker image switch view a"
    " style filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix"
    " feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB"
    " feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight"
    " feSpecularLighting feSpotLight feTile feTurbulence animate animateTransform animateMotion"
    " mpath"
)
_ELEMENTS = frozenset(_NAMES.split())
#: What nobody puts into a picture by mistake.
_REFUSED = frozenset({"script", "foreignobject", "iframe", "object", "embed", "handler"})
_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
_EMBEDDED = re.compile(r"data:image/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=\s]*")
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\ufeff]+")
#: In style sheets and attributes: what loads something, or hides that it does.
_LOADS = re.compile(
    r"@import|expression\(|javascript:|vbscript:|-moz-binding|behavior:|image-set\(|image\(|src\(|\\"
)
_URL = re.compile(r"url\(\s*(['\"]?)\s*(.)", re.DOTALL)


class Unsafe(Exception):
    """It could run or load something; the message says what was found, for people."""


def clean_svg(data: bytes) -> bytes:
    """The same picture without what is no part of it: comments, document types, the namespaces of
    editors. Raises ``Unsafe``, and ``ValueError`` for what is no SVG.
    """
    if len(data) > MAX_BYTES:
        raise Unsafe(f"It is larger than {MAX_BYTES:,} bytes")
    try:
        root = fromstring(data)
    except DefusedXmlException:
        raise Unsafe("It declares entities") from None
    except (ParseError, ValueError, LookupError):
        raise ValueError("not well-formed") from None
    if root.tag != f"{{{_SVG}}}svg":
        raise ValueError("no svg element")
    _clean(root, 0)
    cleaned: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return cleaned


def _clean(element: Element, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise Unsafe("It is nested too deeply")
    _clean_attributes(element)
    is_style = _local(element) == "style"
    if is_style:
        _check_style("".join(element.itertext()))
    for child in list(element):
        if _is_kept(child) and not is_style:
            _clean(child, depth + 1)
        else:
            _check_dropped(child)
            element.remove(child)


def _is_kept(element: Element) -> bool:
    return element.tag == f"{{{_SVG}}}{_local(element)}" and _local(element) in _ELEMENTS


def _check_dropped(element: Element) -> None:
    """What is left out is looked at: an attack is told, not put right."""
    for one in element.iter():
        if _local(one).lower() in _REFUSED:
            raise Unsafe(f"It has an element {_local(one)}")


def _clean_attributes(element: Element) -> None:
    for name, value in list(element.attrib.items()):
        namespace, _, local = name.rpartition("}")
        if local.lower().startswith("on"):
            raise Unsafe(f"It has an attribute {local}")
        if namespace.lstrip("{") not in ("", _XLINK, _XML):
            del element.attrib[name]
        elif local == "href":
            _check_link(_local(element), value)
        elif local == "base":
            raise Unsafe("It has an attribute base")
        elif local == "attributeName" and "href" in value.lower():
            raise Unsafe("It changes where a link leads")
        else:
            _check_style(value)


def _check_link(element: str, value: str) -> None:
    bare = _INVISIBLE.sub("", value)
    if element == "image":
        allowed = bool(_EMBEDDED.fullmatch(value.strip()))
    elif element == "a":
        allowed = bool(_LINK.match(bare))
    else:
        allowed = bare.startswith("#")
    if not allowed:
        raise Unsafe(f"The link of an element {element} leads elsewhere")


def _check_style(text: str) -> None:
    if _LOADS.search(_INVISIBLE.sub("", text).lower()):
        raise Unsafe("Its style could load something")
    if any(found[2] != "#" for found in _URL.finditer(text.lower())):
        raise Unsafe("Its style refers to something outside of it")


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
