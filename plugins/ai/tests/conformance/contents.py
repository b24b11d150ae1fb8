"""What the fixtures of the suite consist of: the smallest image and sound, and texts."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

Dict = dict[str, Any]


def _png() -> bytes:
    """One red pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\0\xff\0\0")
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")
    )


def _wav() -> bytes:
    """One sample of silence."""
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    data = b"data" + struct.pack("<I", 2) + b"\0\0"
    return b"RIFF" + struct.pack("<I", 4 + len(form) + len(data)) + b"WAVE" + form + data


PNG = base64.b64encode(_png()).decode()
WAV = base64.b64encode(_wav()).decode()


def text(words: str) -> Dict:
    return {"type": "text", "text": words}


def image() -> Dict:
    return {"type": "image", "data": PNG, "mimeType": "image/png"}


def audio() -> Dict:
    return {"type": "audio", "data": WAV, "mimeType": "audio/wav"}


def embedded(uri: str, words: str, media_type: str = "text/plain") -> Dict:
    return {"type": "resource", "resource": {"uri": uri, "mimeType": media_type, "text": words}}


def said(*contents: Dict) -> Dict:
    """A tool's result."""
    return {"content": list(contents)}


def form(message: str, **properties: Dict) -> Dict:
    """A question for the person."""
    schema = {"type": "object", "properties": properties, "required": sorted(properties)}
    return {
        "method": "elicitation/create",
        "params": {"message": message, "requestedSchema": schema},
    }


def sampling(prompt: str, tokens: int = 100) -> Dict:
    """A question for the client's model."""
    message = {"role": "user", "content": text(prompt)}
    return {
        "method": "sampling/createMessage",
        "params": {"messages": [message], "maxTokens": tokens},
    }


ROOTS: Dict = {"method": "roots/list", "params": {}}

_FIRST, _SECOND, _THIRD = "First Option", "Second Option", "Third Option"
ENUMS: Dict = {
    "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
    "titledSingle": {
        "type": "string",
        "oneOf": [
            {"const": "value1", "title": _FIRST},
            {"const": "value2", "title": _SECOND},
            {"const": "value3", "title": _THIRD},
        ],
    },
    "legacyEnum": {
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"],
    },
    "untitledMulti": {
        "type": "array",
        "items": {"type": "string", "enum": ["option1", "option2", "option3"]},
    },
    "titledMulti": {
        "type": "array",
        "items": {
            "anyOf": [
                {"const": "value1", "title": "First Choice"},
                {"const": "value2", "title": "Second Choice"},
                {"const": "value3", "title": "Third Choice"},
            ]
        },
    },
}
DEFAULTS: Dict = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}
