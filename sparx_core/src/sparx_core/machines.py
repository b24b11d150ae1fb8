"""State machines: the states of a resource, and the operations that lead from one to another."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marshmallow import fields
from peewee import SQL, Expression, Function, NodeList

from sparx_core.derived import Computed
from sparx_core.errors import InvalidTransition

if TYPE_CHECKING:
    from sparx_core.db.models import TenantModel
    from sparx_core.read.wire import Scope


@dataclass(frozen=True)
class Transition:
    """A way out of any of ``sources`` into ``target``; None: the operation decides where to.

    ``when`` is a further condition that SQL can tell from the row, as a ``Computed`` does: readers
    see the transition among those that are allowed only while it holds. The operation checks it
    by itself, because it has more to say than no. One that is no ``operation`` happens by itself,
    when time passes or something else is done, and nobody is told that he may ask for it.
    """

    sources: Collection[str]
    target: str | None
    when: Callable[[Scope], Any] | None = None
    operation: bool = True


class Machine:
    """The states that the text column ``field`` goes through, by named transitions.

    A resource is given it as ``machine=``, and each transition is then declared with
    ``@resource.transition(name)``, which refuses with ``invalid_transition`` where the state does
    not allow it: at start it is an error if one of them is missing.
    """

    def __init__(self, field: str, transitions: Mapping[str, Transition]) -> None:
        self.field, self.transitions = field, dict(transitions)
        found = [state for one in transitions.values() for state in (*one.sources, one.target)]
        #: Every state, in the order in which they are first named.
        self.states: tuple[str, ...] = tuple(dict.fromkeys(one for one in found if one))

    def target(self, name: str) -> str:
        """The state that a transition leads to."""
        target = self.transitions[name].target
        if target is None:
            raise ValueError(f"where {name} leads to depends")
        return target

    def allowed_from(self, state: str) -> list[str]:
        """The transitions out of a state, in the order of their declaration."""
        return [name for name, one in self.offered().items() if state in one.sources]

    def offered(self) -> dict[str, Transition]:
        """The transitions that are operations."""
        return {name: one for name, one in self.transitions.items() if one.operation}

    def check(self, row: TenantModel, name: str) -> None:
        """``InvalidTransition`` with from, to and what is allowed, if the state forbids it."""
        state = getattr(row, self.field)
        if state not in self.transitions[name].sources:
            raise self.refusal(row, name)

    def refusal(self, row: TenantModel, name: str, message: str | None = None) -> InvalidTransition:
        """The error that says why ``row`` cannot do this now."""
        state = getattr(row, self.field)
        to = self.transitions[name].target or name
        allowed = [one for one in self.allowed_from(state) if one != name]
        return InvalidTransition(
            message or f"{name.replace('_', ' ').capitalize()} is not possible in state {state}.",
            details={"from": state, "to": to, "allowed": allowed},
        )

    def allowed(self, **metadata: Any) -> Computed:
        """The field ``allowed_transitions`` of a schema: names, as in the paths of the actions."""
        example = sorted(self.offered())[:1]
        return Computed(
            fields.List(fields.String()),
            self._allowed,
            metadata={"nullable": False, "example": example, **metadata},
        )

    def _allowed(self, scope: Scope) -> Any:
        state = scope.column(self.field)
        parts: list[Any] = []
        for name, one in self.offered().items():
            sources = ", ".join(f"'{source}'" for source in one.sources)
            told: Any = Expression(state, "IN", SQL(f"({sources})"))
            if one.when is not None:
                told = Expression(told, "AND", one.when(scope))
            parts += [SQL("," if parts else ""), SQL("CASE WHEN"), told, SQL(f"THEN '{name}' END")]
        names = NodeList((SQL("ARRAY["), *parts, SQL("]::text[]")))
        return Function("to_json", (Function("array_remove", (names, SQL("NULL"))),))
