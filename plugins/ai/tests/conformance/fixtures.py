"""A server with the fixtures that the suite calls; the endpoint in front of it is the product's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sparx_ai.protocol.faults import UnknownPrompt, UnknownResource, UnknownTool
from sparx_ai.protocol.messages import Message
from sparx_ai.protocol.revisions import STATELESS
from sparx_ai.protocol.server import Method, Server, Streamed
from sparx_ai.visit import Visit

from . import asking, rounds
from .contents import PNG, Dict, audio, embedded, form, image, said, text

_PLAIN: dict[str, Callable[[], Dict]] = {
    "test_simple_text": lambda: said(text("This is a simple text response for testing.")),
    "test_image_content": lambda: said(image()),
    "test_audio_content": lambda: said(audio()),
    "test_embedded_resource": lambda: said(
        embedded("test://embedded-resource", "This is an embedded resource content.")
    ),
    "test_multiple_content_types": lambda: said(
        text("Multiple content types test:"),
        image(),
        embedded(
            "test://mixed-content-resource", '{"test":"data","value":123}', "application/json"
        ),
    ),
    "test_error_handling": lambda: {
        **said(text("This tool intentionally returns an error for testing")),
        "isError": True,
    },
    "test_logging_tool": lambda: said(text("Nobody wants to read logs.")),
    "json_schema_2020_12_tool": lambda: said(text("There is a schema.")),
}
_ARGUMENTS = {"test_sampling": "prompt", "test_elicitation": "message"}
_ADDRESS: Dict = {
    "type": "object",
    "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
}
_SCHEMA: Dict = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"$anchor": "addressDef", **_ADDRESS}},
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
_TEMPLATE = re.compile(r"test://template/([^/]+)/data")


def _schema_of(name: str) -> Dict:
    if name == "json_schema_2020_12_tool":
        return _SCHEMA
    argument = _ARGUMENTS.get(name)
    if argument is None:
        return {"type": "object", "properties": {}}
    return {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}


class Tools:
    def __init__(self, clients: asking.Asking) -> None:
        self._asking = clients

    def list(self, visit: Visit) -> list[Dict]:
        names = sorted([*_PLAIN, *rounds.TOOLS, *asking.TOOLS])
        return [
            {"name": one, "description": f"Fixture {one}", "inputSchema": _schema_of(one)}
            for one in names
        ]

    def call(self, visit: Visit, name: str, arguments: Dict) -> Dict | Streamed:
        if name in _PLAIN:
            return _PLAIN[name]()
        if name in rounds.TOOLS:
            return rounds.TOOLS[name](visit)
        if name in asking.TOOLS:
            return Streamed(asking.TOOLS[name](visit, self._asking, arguments))
        raise UnknownTool(name)

    def instructions(self, visit: Visit) -> str:
        return "Fixtures of the conformance suite."


class Resources:
    def listed(self, visit: Visit) -> list[Dict]:
        return [
            {"uri": f"test://{name}", "name": name, "description": name, "mimeType": media_type}
            for name, media_type in (
                ("static-text", "text/plain"),
                ("static-binary", "image/png"),
                ("watched-resource", "text/plain"),
            )
        ]

    def templates(self, visit: Visit) -> list[Dict]:
        uri = "test://template/{id}/data"
        return [{"uriTemplate": uri, "name": "template", "description": "By id."}]

    def read(self, visit: Visit, uri: str) -> list[Dict]:
        if uri == "test://static-text":
            words = "This is the content of the static text resource."
            return [{"uri": uri, "mimeType": "text/plain", "text": words}]
        if uri == "test://static-binary":
            return [{"uri": uri, "mimeType": "image/png", "blob": PNG}]
        if uri == "test://watched-resource":
            return [{"uri": uri, "mimeType": "text/plain", "text": "Watched."}]
        found = _TEMPLATE.fullmatch(uri)
        if found is None:
            raise UnknownResource(uri)
        data = {"id": found[1], "templateTest": True, "data": f"Data for ID: {found[1]}"}
        return [{"uri": uri, "mimeType": "application/json", "text": json.dumps(data)}]

    def complete(self, visit: Visit, uri: str, argument: str, begun: str) -> list[str]:
        return []


def _asks(message: str, *contents: Dict) -> Dict:
    return {"description": message, "messages": [{"role": "user", "content": c} for c in contents]}


class Prompts:
    def listed(self, visit: Visit) -> list[Dict]:
        arguments = {
            "test_prompt_with_arguments": ("arg1", "arg2"),
            "test_prompt_with_embedded_resource": ("resourceUri",),
        }
        names = ("simple_prompt", "prompt_with_arguments", "prompt_with_embedded_resource")
        more = ("prompt_with_image", "input_required_result_prompt")
        return [
            {
                "name": one,
                "description": f"Fixture {one}",
                "arguments": [
                    {"name": name, "description": name, "required": True}
                    for name in arguments.get(one, ())
                ],
            }
            for one in sorted(f"test_{name}" for name in (*names, *more))
        ]

    def get(self, visit: Visit, name: str, arguments: Mapping[str, Any]) -> Dict:
        if name == "test_simple_prompt":
            return _asks("Simple", text("This is a simple prompt for testing."))
        if name == "test_prompt_with_arguments":
            one, two = arguments.get("arg1"), arguments.get("arg2")
            return _asks("Arguments", text(f"Prompt with arguments: arg1='{one}', arg2='{two}'"))
        if name == "test_prompt_with_embedded_resource":
            uri = str(arguments.get("resourceUri"))
            resource = embedded(uri, "Embedded resource content for testing.")
            return _asks("Resource", resource, text("Please process the embedded resource above."))
        if name == "test_prompt_with_image":
            return _asks("Image", image(), text("Please analyze the image above."))
        if name == "test_input_required_result_prompt":
            content = rounds.content_of(visit, "user_context")
            if content is None:
                asked = form("What context should the prompt use?", context={"type": "string"})
                return rounds.required({"user_context": asked})
            return _asks("Context", text(f"Use this context: {content.get('context')}"))
        raise UnknownPrompt(name)

    def complete(self, visit: Visit, name: str, argument: str, begun: str) -> list[str]:
        return [one for one in ("paris", "park", "party", "test") if one.startswith(begun)]


class Fixtures(Server):
    """With what the product leaves out, because it is no part of the newest revision."""

    def __init__(self) -> None:
        self._clients = asking.Asking()
        super().__init__(Tools(self._clients), Resources(), Prompts())

    def methods(self, revision: str) -> Mapping[str, Method]:
        found = dict(super().methods(revision))
        if revision != STATELESS:
            for name in ("logging/setLevel", "resources/subscribe", "resources/unsubscribe"):
                found[name] = _nothing
        return found

    def capabilities(self, revision: str) -> Dict:
        found = super().capabilities(revision)
        if revision == STATELESS:
            return found
        return {**found, "logging": {}, "resources": {"subscribe": True}}

    def receive(self, visit: Visit, message: Message) -> None:
        self._clients.receive(message)


def _nothing(visit: Visit, message: Message) -> Dict:
    return {}
