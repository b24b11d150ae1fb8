"""The calls in the page about agents are answered as printed."""

from __future__ import annotations

import json
import re
from typing import Any

from sparx_core.testing import Api

from .test_examples import ROOT, Message, Replay, _message, _parsed

_BLOCK = re.compile(r"^```(http|json tool|json result)\n(.*?)\n```$", re.DOTALL | re.MULTILINE)
#: Made anew in each run, and sent back by what follows.
_TOKENS = ("confirm", "requestState", "idempotencyKey", "argumentsHash")


class Conversation(Replay):
    """Sends requests and calls of tools in the order of the page."""

    def call(self, printed: str) -> Any:
        """The structured content of what a tool answers, or the question that it asks."""
        meta = {"clientInfo": {"name": "docs", "version": "1"}, "clientCapabilities": {}}
        params = json.loads(self._present(printed))
        params["_meta"] = {
            **{
                f"io.modelcontextprotocol/{name}": one
                for name, one in {**meta, "protocolVersion": "2026-07-28"}.items()
            },
            **params.get("_meta", {}),
        }
        answer = self.api.request(
            "POST",
            "/mcp",
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params},
            headers={
                "MCP-Protocol-Version": "2026-07-28",
                "Mcp-Method": "tools/call",
                "Mcp-Name": params["name"],
            },
        )
        result = _parsed(answer.text)["result"]
        if result["resultType"] == "input_required":
            return {name: one for name, one in result.items() if name != "_meta"}
        return result["structuredContent"]

    def expect(self, printed: str, present: Any) -> None:
        differences = list(self._differences(_parsed(printed), present, ""))
        assert not differences, "\n".join([*differences, str(present)])

    def _is_same(self, printed: Any, present: Any, name: str) -> bool:
        if name in _TOKENS and isinstance(printed, str):
            self.learned.setdefault(printed, present)
            return True
        if name.startswith("affected") or name == "message":
            return bool(self._present(printed) == present)
        return super()._is_same(printed, present, name)


def test_calls_and_requests_are_answered_as_printed(api: Api) -> None:
    page = (ROOT / "docs" / "ai.md").read_text(encoding="utf-8")
    blocks = [(match[1], match[2]) for match in _BLOCK.finditer(page)]
    conversation = Conversation(api)
    assert len(blocks) > 10
    for (kind, asked), (_, printed) in zip(blocks[::2], blocks[1::2], strict=True):
        if kind == "http":
            answer: Message = _message(printed)
            conversation.compare(answer, conversation.send(_message(asked)))
        else:
            conversation.expect(printed, conversation.call(asked))
