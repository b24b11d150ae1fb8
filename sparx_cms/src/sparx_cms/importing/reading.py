"""Reading a file that somebody sent: JSON, or JSON by lines, of a format that is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sparx_cms.importing.contentful import read_contentful
from sparx_cms.importing.own import read_own
from sparx_cms.importing.space import CONTENTFUL, SPARX, STRAPI, Space
from sparx_cms.importing.strapi import read_strapi
from sparx_core import BadRequest

_READERS: Mapping[str, Callable[[Any], Space]] = {
    CONTENTFUL: read_contentful,
    STRAPI: read_strapi,
}


def read_space(format: str, content: bytes) -> Space:
    """The content of a file. ``BadRequest`` if it is none of its format."""
    try:
        text = content.decode("utf-8-sig").replace("\\u0000", "")
        if format == SPARX:
            return read_own([_parsed(line) for line in text.splitlines() if line.strip()])
        return _READERS[format](_parsed(text))
    except (ValueError, RecursionError):
        raise BadRequest("The file is not JSON in UTF-8.") from None
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        told = f"The file is no {format} export: {type(error).__name__} {str(error)[:120]}."
        raise BadRequest(told) from None


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_constant=_refused)


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
