"""The methods of the protocol, and what each answers with."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sparx_ai.protocol.faults import InvalidParams, MethodNotFound
from sparx_ai.protocol.messages import Message
from sparx_ai.protocol.pages import page_of
from sparx_ai.protocol.revisions import SERVER, STATELESS, SUPPORTED
from sparx_ai.visit import Visit
from sparx_core import __version__

Result = dict[str, Any]
Method = Callable[[Visit, Message], "Result | Streamed"]

#: Milliseconds for which a client may keep what it was told: of the shape of things, and of rows.
LIST_TTL, READ_TTL = 60_000, 0
#: Always: what one key sees is not what another one sees.
_SCOPE = "private"
_IDENTITY = {"name": "sparx", "title": "Sparx", "version": __version__}


class Tools(Protocol):
    """What can be done."""

    def list(self, visit: Visit) -> list[Result]:
        """Every tool that the visit may use, in an order that does not change."""

    def call(self, visit: Visit, name: str, arguments: Result) -> Result | Streamed:
        """What a tool answers with, its refusals included; ``UnknownTool``."""

    def instructions(self, visit: Visit) -> str:
        """How to use what is here, for the model."""


class Resources(Protocol):
    """What can be read by its address."""

    def listed(self, visit: Visit) -> list[Result]:
        """What has an address of its own."""

    def templates(self, visit: Visit) -> list[Result]:
        """The forms of addresses of everything else."""

    def read(self, visit: Visit, uri: str) -> list[Result]:
        """The contents; ``UnknownResource``."""

    def complete(self, visit: Visit, uri: str, argument: str, begun: str) -> list[str]:
        """Values of an argument of a template that begin like this."""


class Prompts(Protocol):
    """What a person can have the model asked."""

    def listed(self, visit: Visit) -> list[Result]:
        """Every prompt."""

    def get(self, visit: Visit, name: str, arguments: Mapping[str, Any]) -> Result:
        """The messages of a prompt; ``UnknownPrompt``."""

    def complete(self, visit: Visit, name: str, argument: str, begun: str) -> list[str]:
        """Values of an argument of a prompt that begin like this."""


@dataclass(frozen=True)
class Streamed:
    """An answer with messages before it: each that is yielded goes out at once, and what the
    generator returns is the result.
    """

    messages: Generator[Result, None, Result]


class Server:
    """Answers messages; it keeps nothing between them."""

    def __init__(self, tools: Tools, resources: Resources, prompts: Prompts) -> None:
        self.tools, self.resources, self.prompts = tools, resources, prompts
        self._shared: dict[str, Method] = {
            "tools/list": self._list_tools,
            "tools/call": self._call_tool,
            "resources/list": self._list_resources,
            "resources/templates/list": self._list_templates,
            "resources/read": self._read_resource,
            "prompts/list": self._list_prompts,
            "prompts/get": self._get_prompt,
            "completion/complete": self._complete,
        }

    def methods(self, revision: str) -> Mapping[str, Method]:
        """The methods of a revision."""
        if revision == STATELESS:
            return {**self._shared, "server/discover": self._discover}
        return {**self._shared, "initialize": self._initialize, "ping": _ping}

    def capabilities(self, revision: str) -> Result:
        """What a client may ask for. Nobody is told when a list changes: it is asked for again."""
        return {"tools": {}, "resources": {}, "prompts": {}, "completions": {}}

    def receive(self, visit: Visit, message: Message) -> None:
        """A notification, or an answer to a request of ours. Neither changes anything here."""

    def answer(self, visit: Visit, message: Message) -> Result | Streamed:
        """What a request is answered with; ``Fault`` if with an error."""
        method = self.methods(visit.revision).get(str(message.method))
        if method is None:
            raise MethodNotFound(str(message.method))
        found = method(visit, message)
        if isinstance(found, Streamed):
            return Streamed(_finished(visit, found.messages))
        return finished(visit, found)

    # -- what the methods do -------------------------------------------------------------------

    def _discover(self, visit: Visit, message: Message) -> Result:
        told = {"supportedVersions": list(SUPPORTED), "capabilities": self._told(visit)}
        return _kept({**told, "instructions": self.tools.instructions(visit)}, LIST_TTL)

    def _initialize(self, visit: Visit, message: Message) -> Result:
        return {
            "protocolVersion": visit.revision,
            "capabilities": self._told(visit),
            "serverInfo": _IDENTITY,
            "instructions": self.tools.instructions(visit),
        }

    def _told(self, visit: Visit) -> Result:
        return self.capabilities(visit.revision)

    def _list_tools(self, visit: Visit, message: Message) -> Result:
        return _kept(page_of(message, "tools", self.tools.list(visit)), LIST_TTL)

    def _call_tool(self, visit: Visit, message: Message) -> Result | Streamed:
        name, arguments = message.text("name"), message.mapping("arguments")
        return self.tools.call(_asked_again(visit, message), name, arguments)

    def _list_resources(self, visit: Visit, message: Message) -> Result:
        return _kept(page_of(message, "resources", self.resources.listed(visit)), LIST_TTL)

    def _list_templates(self, visit: Visit, message: Message) -> Result:
        found = self.resources.templates(visit)
        return _kept(page_of(message, "resourceTemplates", found), LIST_TTL)

    def _read_resource(self, visit: Visit, message: Message) -> Result:
        return _kept({"contents": self.resources.read(visit, message.text("uri"))}, READ_TTL)

    def _list_prompts(self, visit: Visit, message: Message) -> Result:
        return _kept(page_of(message, "prompts", self.prompts.listed(visit)), LIST_TTL)

    def _get_prompt(self, visit: Visit, message: Message) -> Result:
        name, arguments = message.text("name"), message.mapping("arguments")
        return self.prompts.get(_asked_again(visit, message), name, arguments)

    def _complete(self, visit: Visit, message: Message) -> Result:
        referred, argument = message.mapping("ref"), message.mapping("argument")
        name, begun = argument.get("name"), argument.get("value")
        kind = referred.get("type")
        target = referred.get("uri" if kind == "ref/resource" else "name")
        if not all(isinstance(one, str) for one in (name, begun, target)):
            raise InvalidParams("ref needs a name or a uri, and argument a name and a value")
        if kind == "ref/resource":
            found = self.resources.complete(visit, str(target), str(name), str(begun))
        elif kind == "ref/prompt":
            found = self.prompts.complete(visit, str(target), str(name), str(begun))
        else:
            raise InvalidParams("ref is neither a ref/prompt nor a ref/resource")
        values = found[:MAX_COMPLETIONS]
        return {"completion": {"values": values, "hasMore": len(found) > len(values)}}


#: Values of one completion.
MAX_COMPLETIONS = 100


def finished(visit: Visit, result: Result) -> Result:
    """A result with what every one carries in its revision."""
    if visit.revision != STATELESS:
        return {name: one for name, one in result.items() if name not in ("ttlMs", "cacheScope")}
    meta = {SERVER: _IDENTITY, **result.get("_meta", {})}
    return {"resultType": "complete", **result, "_meta": meta}


def _finished(visit: Visit, messages: Generator[Result, None, Result]) -> Any:
    result = yield from messages
    return finished(visit, result)


def _kept(result: Result, milliseconds: int) -> Result:
    return {**result, "ttlMs": milliseconds, "cacheScope": _SCOPE}


def _ping(visit: Visit, message: Message) -> Result:
    return {}


def _asked_again(visit: Visit, message: Message) -> Visit:
    """The visit with what the client brings to what it was asked."""
    state = message.params.get("requestState")
    if state is not None and not isinstance(state, str):
        raise InvalidParams("requestState has to be a text")
    answers = message.mapping("inputResponses")
    return replace(visit, answers=answers, state=state, meta=message.meta)
