"""What a reader may see by its scopes, as a condition of a statement."""

from __future__ import annotations

from typing import Any

from peewee import SQL, Function, Select


def holds_scope(scope: str) -> Any:
    """Whether the reader has a scope, as SQL that is asked once a statement: for ``visible`` of a
    resource that shows some of its rows to those alone who have one more scope.
    """
    return Select([], [Function("core.holds_scope", (SQL(f"'{scope}'"),))])
