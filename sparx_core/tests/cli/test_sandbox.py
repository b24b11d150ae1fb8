"""``sparx sandbox``: made, shown and emptied for an operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Sparx


def test_a_sandbox_is_made_shown_and_reset(sparx: Sparx) -> None:
    sparx.json("tenant", "create", "trying")
    about = ("--tenant", "trying")
    code, error = sparx.error("sandbox", "show", *about)
    assert (code, error["code"]) == (1, "not_found")
    assert "sparx sandbox create --tenant trying" in error["message"]
    made = sparx.json("sandbox", "create", *about, "--no-wait")
    assert made["key"].startswith("sk_test_")
    assert (made["slug"], made["state"]) == ("trying-sandbox", "preparing")
    shown = sparx.json("sandbox", "show", *about)
    assert shown == {name: value for name, value in made.items() if name != "key"}
    assert sparx.json("sandbox", "reset", *about, "--no-wait")["state"] == "resetting"
    assert sparx.error("sandbox", "create", *about)[1]["code"] == "conflict"
    key = sparx.json("key", "create", "--tenant", "trying-sandbox")
    assert key["apiKey"].startswith("sk_test_")
    assert "Sandbox trying-sandbox is resetting" in sparx("sandbox", "show", *about).stdout
