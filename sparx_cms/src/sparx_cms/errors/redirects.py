"""What is refused about redirects."""

from __future__ import annotations

from typing import Any

from sparx_core import Conflict


class RedirectExists(Conflict):
    """Another redirect is from the same path of the same host."""

    code, status = "redirect_exists", 409
    message = "Another redirect is from the same path of the same host."


class RedirectLoop(Conflict):
    """The redirect leads back to where it comes from; `details.path` are the paths on the way."""

    code, status, message = "redirect_loop", 409, "The redirect leads back to where it comes from."

    def __init__(self, path: list[str]) -> None:
        super().__init__(details={"path": path})


class RedirectChain(Conflict):
    """The redirect leads to another one, or another one leads to it: send readers to the end of the
    way at once. `details.path` are the paths on the way.
    """

    code, status = "redirect_chain", 409
    message = "One redirect would lead to another: let it lead to the end of the way."

    def __init__(self, path: list[Any]) -> None:
        super().__init__(details={"path": path})
