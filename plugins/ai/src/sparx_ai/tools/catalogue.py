"""Which tools there are for whom: the operations that a key may ask for, put together by verb.

Every operation is in one verb of its module. How far the verbs of modules are put together depends
on how many modules there are, so that a list never becomes longer than an agent can choose from;
the name of a tool works in all of these forms, also where another one is listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from sparx_ai.tools.risk import Risk, is_for_agents, risk_of
from sparx_ai.visit import Visit
from sparx_core import Forbidden, Operation
from sparx_core.surface import Kind, Registry, check_confined, check_hiding, is_searched

#: Tools in a list.
MAX_TOOLS = 25
#: Catalogues that are kept, one for each set of modules, scopes and decisions.
MAX_KEPT = 256


class Verb(StrEnum):
    """What tools do, in the order in which they are listed."""

    LIST = "list"
    GET = "get"
    SEARCH = "search"
    DESCRIBE = "describe"
    CREATE = "create"
    UPDATE = "update"
    ACT = "act"


#: Which verbs have one tool for all modules, from the first form to the last.
_FORMS: tuple[frozenset[Verb], ...] = (
    frozenset(),
    frozenset({Verb.SEARCH, Verb.DESCRIBE}),
    frozenset(Verb) - {Verb.LIST, Verb.GET},
    frozenset(Verb),
)
_SEARCH = "core.search"
#: What is asked for by the name of the resource; with ``act`` everything is an operation.
_PLAIN = (Kind.LIST, Kind.GET, Kind.CREATE, Kind.UPDATE)
_LISTED = frozenset({Kind.LIST, Kind.AGGREGATE})


def verb_of(operation: Operation) -> Verb:
    """The verb whose tool an operation is asked for with."""
    risk = risk_of(operation)
    if operation.name == _SEARCH:
        return Verb.SEARCH
    if risk is Risk.READ:
        return Verb.LIST if operation.kind in _LISTED else Verb.GET
    if risk is Risk.WRITE and operation.kind is Kind.CREATE:
        return Verb.CREATE
    if risk is Risk.WRITE and operation.kind is Kind.UPDATE:
        return Verb.UPDATE
    return Verb.ACT


@dataclass(frozen=True)
class Tool:
    """A tool: a verb of one module, or with None of all of them, and what it can be asked for."""

    verb: Verb
    module: str | None
    operations: tuple[Operation, ...]

    @property
    def name(self) -> str:
        return self.verb.value if self.module is None else f"{self.module}_{self.verb}"

    def told(self, name: str) -> str:
        """``orders`` or ``orders.cancel`` where the module is clear, else with it in front."""
        return name if self.module is None else name.partition(".")[2]

    @cached_property
    def resources(self) -> dict[str, Operation]:
        """The resources that it lists, gets, makes or changes, by name."""
        kinds = () if self.verb is Verb.ACT else _PLAIN
        return {
            one.resource.key: one
            for one in self.operations
            if one.resource is not None and one.kind in kinds
        }

    @cached_property
    def named(self) -> dict[str, Operation]:
        """The operations that are asked for by their name."""
        known = set(self.resources.values())
        return {
            one.name: one
            for one in self.operations
            if one not in known and one.kind is not Kind.AGGREGATE
        }

    @cached_property
    def groups(self) -> dict[str, Operation]:
        """The aggregates of resources, by name of the resource."""
        return {
            one.resource.key: one
            for one in self.operations
            if one.resource is not None and one.kind is Kind.AGGREGATE
        }


@dataclass(frozen=True)
class Catalogue:
    """What one key may be shown: operations, and the resources that a search finds."""

    operations: tuple[Operation, ...]
    searched: tuple[str, ...]
    verbs: frozenset[tuple[str, Verb]]

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """The tools that are listed, in their order."""
        for form in _FORMS:
            found = tuple(self._formed(form))
            if len(found) <= MAX_TOOLS:
                break
        return found

    def find(self, name: str) -> Tool | None:
        """The tool of this name in any of the forms."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> Mapping[str, Tool]:
        return {one.name: one for form in (_FORMS[0], _FORMS[-1]) for one in self._formed(form)}

    def _formed(self, shared: frozenset[Verb]) -> Iterator[Tool]:
        modules = list(dict.fromkeys(module for module, _ in sorted(self.verbs)))
        for verb in Verb:
            if verb in shared and any(one is verb for _, one in self.verbs):
                yield Tool(verb, None, self._of(verb, modules))
        for module in modules:
            for verb in Verb:
                if verb not in shared and (module, verb) in self.verbs:
                    yield Tool(verb, module, self._of(verb, [module]))

    def _of(self, verb: Verb, modules: Iterable[str]) -> tuple[Operation, ...]:
        chosen = [one for one in modules if (one, verb) in self.verbs]
        if verb is Verb.DESCRIBE:
            return tuple(one for one in self.operations if one.module in chosen)
        return tuple(
            one for one in self.operations if one.module in chosen and verb_of(one) is verb
        )


def catalogue_of(visit: Visit) -> Catalogue:
    """What the key of a visit may be shown."""
    registry = visit.runtime.registry
    who = _Who(visit.modules, visit.actor.scopes, visit.hides, visit.sees is not None, visit.access)
    kept = _kept(registry)
    found = kept.get(who)
    if found is None:
        if len(kept) >= MAX_KEPT:
            kept.clear()
        found = kept[who] = _made(registry, visit)
    return found


@dataclass(frozen=True)
class _Who:
    """All that a catalogue depends on."""

    modules: frozenset[str]
    scopes: frozenset[str]
    hides: frozenset[str]
    confined: bool
    access: object


@lru_cache(maxsize=8)
def _kept(registry: Registry) -> dict[_Who, Catalogue]:
    return {}


def _made(registry: Registry, visit: Visit) -> Catalogue:
    operations = tuple(
        sorted(
            (one for one in registry.operations.values() if _is_shown(one, visit)),
            key=lambda one: one.name,
        )
    )
    verbs = {(one.module, verb_of(one)) for one in operations}
    searched = _searched(registry, visit, operations)
    # Searching is one operation of the core, and a tool of each module that has what is found.
    verbs = {one for one in verbs if one[1] is not Verb.SEARCH}
    verbs |= {(key.partition(".")[0], Verb.SEARCH) for key in searched}
    verbs |= {(module, Verb.DESCRIBE) for module, _ in verbs}
    return Catalogue(
        operations, searched, frozenset(one for one in verbs if _is_chosen(visit, *one))
    )


def _is_shown(operation: Operation, visit: Visit) -> bool:
    access = visit.access
    if operation.module not in visit.modules or not is_for_agents(operation):
        return False
    if operation.scope is not None and not visit.actor.allows(operation.scope):
        return False
    risk, verb = risk_of(operation), verb_of(operation)
    if access.read_only and risk is not Risk.READ:
        return False
    if not _is_open(operation, visit):
        return False
    return operation.name == _SEARCH or (
        _in_toolsets(visit, operation.module) and _is_chosen(visit, operation.module, verb)
    )


def _is_open(operation: Operation, visit: Visit) -> bool:
    """Whether a key that does not see everything may ask for it at all."""
    try:
        if visit.sees is not None:
            check_confined(operation)
        if visit.hides:
            check_hiding(operation, visit.hides, {})
    except Forbidden:
        return False
    return True


def _in_toolsets(visit: Visit, module: str) -> bool:
    return visit.access.toolsets is None or module in visit.access.toolsets


def _is_chosen(visit: Visit, module: str, verb: Verb) -> bool:
    """Whether the address leaves a verb of a module in, by the one or the other of its names."""
    names, access = {f"{module}_{verb}", verb.value}, visit.access
    if names & access.exclude:
        return False
    return access.tools is None or bool(names & access.tools)


def _searched(
    registry: Registry, visit: Visit, operations: tuple[Operation, ...]
) -> tuple[str, ...]:
    if not any(one.name == _SEARCH for one in operations):
        return ()
    listed = {
        one.resource.key
        for one in registry.operations.values()
        if one.resource is not None
        and one.kind is Kind.LIST
        and one.module in visit.modules
        and one.scope is not None
        and visit.actor.allows(one.scope)
        and _in_toolsets(visit, one.module)
        and _is_open(one, visit)
    }
    return tuple(sorted(key for key in listed if is_searched(registry.resources[key])))
