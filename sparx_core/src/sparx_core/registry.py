"""The registry: what the installed modules declare, frozen at start.

Two modules that claim the same thing are refused with both names, because either choice would
be wrong for somebody.
"""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pluggy

import sparx_core.hookspecs as hookspecs
from sparx_core.actors import HIDDEN
from sparx_core.bulk.operations import bulk_operations
from sparx_core.db.models import TenantModel, table_of
from sparx_core.db.search import SearchFunction
from sparx_core.db.tables import references_of
from sparx_core.db.term_search import TermSearch
from sparx_core.derived import Computed, RelatedList
from sparx_core.discovery import in_order, load_modules, quarantine, supported
from sparx_core.errors import CORE_ERRORS, ApiError
from sparx_core.events.types import Event, Guard, Handler, Periodic, Task
from sparx_core.modules import Extension, Installed, NameTaken, Quarantined, RegistryError
from sparx_core.plugin_managers import hookspecs_of, plugin_manager
from sparx_core.read.view import Views, names_of, schema_instance
from sparx_core.relations import check_relations
from sparx_core.resources import CORE, Operation, Resource
from sparx_core.schemas import ObjectSchema
from sparx_core.violations import Constraint, constraints_of

if TYPE_CHECKING:
    from sparx_core.jobs.kinds import JobKind

#: Paths that the application itself answers.
CORE_PATHS = (
    "/health",
    "/ready",
    "/metrics",
    "/v1/openapi.json",
    "/docs",
    "/docs/reference",
    "/docs/reference/{module}",
    "/docs/events",
    "/docs/errors",
    "/docs/style.css",
)

#: Different looks of the resources that are kept.
MAX_VIEWS = 1000

#: The hooks that are called once, at start, and return lists.
_LIST_HOOKS = tuple(
    name
    for name, one in vars(hookspecs).items()
    if name.startswith("sparx_") and not inspect.signature(one).parameters
)


class Registry:
    """Everything that the installed modules declare."""

    def __init__(
        self, installed: Iterable[Installed], quarantined: Iterable[Quarantined] = ()
    ) -> None:
        self.quarantined = list(quarantined)
        found = supported(installed, self.quarantined)
        specifications = [hookspecs, *hookspecs_of(found)]
        managers = {key: plugin_manager(one, specifications) for key, one in found.items()}
        #: What each module declares, by hook.
        self._declared = _declarations(found, managers, self.quarantined)
        known = {key: one for key, one in found.items() if key in self._declared}
        self.modules = in_order(known, self.quarantined)
        self._managers = {key: managers[key] for key in self.modules}
        self._owners: dict[Hashable, str] = {}
        self.models: dict[str, tuple[str, type[TenantModel]]] = {}
        self.resources: dict[str, Resource] = {}
        self.operations: dict[str, Operation] = {}
        self.routes: list[tuple[str, Any]] = []
        #: The paths that are the roots of hosts, by the first label of the host.
        self.hosts: dict[str, str] = {}
        self.errors: dict[str, type[ApiError]] = {error.code: error for error in CORE_ERRORS}
        self.extensions: list[tuple[str, str, type[ObjectSchema]]] = []
        self.events: dict[str, type[Event]] = {}
        #: The modules that declare them, by error code and by event type.
        self.error_modules = dict.fromkeys(self.errors, CORE)
        self.event_modules: dict[str, str] = {}
        self.handlers: dict[str, Handler] = {}
        self.guards: dict[str, Guard] = {}
        self.periodic: dict[str, Periodic] = {}
        self.tasks: dict[Any, Task] = {}
        self.job_kinds: dict[str, JobKind] = {}
        for error in CORE_ERRORS:
            self._owners["error code", error.code] = "sparx-core"
        for path in CORE_PATHS:
            self._owners["route", path] = "sparx-core"
        for key in self.modules:
            self._collect(key)
        self._check_references()
        #: Every scope that a key can have: reading and writing a module, and what operations name.
        self.scopes = frozenset(
            [f"{verb}:{key}" for key in self.modules for verb in ("read", "write")]
            + [one.scope for one in self.operations.values() if one.scope is not None]
        )
        self.constraints: dict[tuple[str, str], Constraint] = constraints_of(
            [model for _, model in self.models.values()]
        )
        #: Modules that extend resources of others: which of them are active makes a difference to
        #: what those resources look like.
        self.extending = frozenset(module for _, module, _ in self.extensions)
        self._views: dict[frozenset[str], Views] = {}
        self._handlers_by_event: dict[tuple[str, frozenset[str]], tuple[Handler, ...]] = {}
        self._guards_by_event: dict[tuple[str, frozenset[str]], tuple[Guard, ...]] = {}

    @classmethod
    def discover(cls) -> Registry:
        """Load the modules of all installed distributions."""
        return cls(*load_modules())

    # -- asked at run time -----------------------------------------------------------------

    def handlers_of(self, event: str, modules: frozenset[str]) -> tuple[Handler, ...]:
        """The handlers of an event type that belong to one of the active ``modules``."""
        key = (event, modules)
        found = self._handlers_by_event.get(key)
        if found is None:
            found = tuple(
                handler
                for handler in self.handlers.values()
                if handler.hears(event) and handler.module in modules
            )
            self._handlers_by_event[key] = found
        return found

    def task(self, declared: Task) -> Task:
        """A task as its module declares it, which says whose it is."""
        known = self.tasks.get(declared.function)
        if known is None:
            raise RegistryError(f"no module's sparx_tasks returns {declared.function.__name__}")
        return known

    def guards_of(self, event: str, modules: frozenset[str]) -> tuple[Guard, ...]:
        """The guards of an event type that belong to one of the active ``modules``."""
        key = (event, modules)
        found = self._guards_by_event.get(key)
        if found is None:
            found = self._guards_by_event[key] = tuple(
                one for one in self.guards.values() if one.event == event and one.module in modules
            )
        return found

    def call_hook(
        self, name: str, modules: frozenset[str], arguments: Mapping[str, Any]
    ) -> list[Any]:
        """What the active ``modules`` that implement a hook answer, required ones first."""
        answers: list[Any] = []
        for key, manager in self._managers.items():
            if key in modules:
                answers += getattr(manager.hook, name)(**arguments)
        return answers

    def views(self, modules: frozenset[str]) -> Views:
        """What resources look like for a tenant with these modules active; what a key does not
        see of them may be among the modules (:func:`sparx_core.actors.looks_of`).
        """
        matter = self.that_matter(modules)
        views = self._views.get(matter)
        if views is None:
            chosen = [one for one in self.extensions if one[1] in matter]
            hides = frozenset(one.removeprefix(HIDDEN) for one in matter if one.startswith(HIDDEN))
            if len(self._views) >= MAX_VIEWS:
                self._views.clear()
            views = self._views[matter] = Views(self.resources, chosen, hides)
        return views

    def that_matter(self, looks: frozenset[str]) -> frozenset[str]:
        """Of modules and hidden fields those that make a difference to what resources look like."""
        return frozenset(one for one in looks if one in self.extending or one.startswith(HIDDEN))

    def related_indexes(self) -> Iterator[tuple[str, str, list[str]]]:
        """(table, name, columns as SQL) of the indexes that hold relations in their order."""
        views = self.views(frozenset(self.modules))
        for key in self.resources:
            for relation in views.resource(key).relations.values():
                column = relation.ordering.column if relation.ordering else None
                if relation.resource is None or column is None:
                    continue
                table = table_of(relation.model)
                name = f"{table.partition('.')[2]}_{relation.by}_{column.name}_list_idx"
                yield table, name, ["tenant_id", relation.by, column.indexed(), "id"]

    def search_functions(self) -> list[SearchFunction]:
        """The functions of resources that can be searched."""
        found = [
            SearchFunction(
                str(one.listing.search_function),
                one.module,
                one.listing.searched,
                tuple(
                    (column, searched)
                    for column, target in one.listing.search_related.items()
                    if (searched := self.resources[target].listing.searched) is not None
                ),
            )
            for one in self.resources.values()
            if one.exposed and one.listing.searched is not None
        ]
        return found + [one.of_trash() for one in found if one.searched.trashed is not None]

    def searched_tables(self) -> frozenset[str]:
        """The tables that search functions read: those of resources, and those of modules."""
        found = {one.table for one in self.term_searches()}
        for one in self.search_functions():
            found |= {one.searched.table, *(searched.table for _, searched in one.related)}
        return frozenset(found)

    def term_searches(self) -> list[TermSearch]:
        """The functions of tables that modules search by terms of their own."""
        found: Iterable[tuple[str, tuple[str, Any]]] = self.models.items()
        return [TermSearch(module, table) for table, (module, one) in found if one._meta.searched]

    def provides(self, module: str) -> dict[str, list[str]]:
        """The names of what a module declares, by kind."""
        reactions: list[Handler | Guard] = [*self.handlers.values(), *self.guards.values()]
        return {
            "resources": [key for key, one in self.resources.items() if one.module == module],
            "operations": [key for key, one in self.operations.items() if one.module == module],
            "events": [key for key, owner in self.event_modules.items() if owner == module],
            "handlers": [one.name for one in reactions if one.module == module],
            "extends": [key for key, owner, _ in self.extensions if owner == module],
        }

    def hook(self, module: str) -> Any:
        """The hooks of one module, for calls that concern a single tenant's activation."""
        return self._managers[module].hook

    def requires(self, module: str) -> Iterator[str]:
        """The modules that must be active before ``module``, in order of activation."""
        for required in self.modules[module].module.requires:
            yield from self.requires(required)
            yield required

    def dependants(self, module: str) -> list[str]:
        """The modules that require ``module`` directly."""
        return [key for key, one in self.modules.items() if module in one.module.requires]

    # -- collected at start ----------------------------------------------------------------

    def _collect(self, key: str) -> None:
        owner, declared = str(self.modules[key]), self._declared[key]
        for model in declared["sparx_models"]:
            self._claim("table", table_of(model), owner)
            schema = table_of(model).partition(".")[0]
            if schema != key:
                raise RegistryError(f"{owner} puts {table_of(model)} outside its schema {key}")
            self.models[table_of(model)] = (key, model)
        for error in declared["sparx_errors"]:
            self._claim("error code", error.code, owner)
            self.errors[error.code], self.error_modules[error.code] = error, key
        for event in declared["sparx_events"]:
            self._claim("event", event.name, owner)
            self.events[event.name], self.event_modules[event.name] = event, key
        for handler in declared["sparx_event_handlers"]:
            named = replace(handler, module=key)
            self._claim("handler", named.name, owner)
            self.handlers[named.name] = named
        for guard in declared["sparx_guards"]:
            owned = replace(guard, module=key)
            self._claim("guard", owned.name, owner)
            self.guards[owned.name] = owned
        for periodic in declared["sparx_periodic"]:
            task = Periodic(periodic.function, periodic.seconds, key)
            self._claim("handler", task.name, owner)
            self.periodic[task.name] = task
            self.handlers[task.name] = task.handler()
        for scheduled in declared["sparx_tasks"]:
            known = replace(scheduled, module=key)
            self._claim("handler", known.name, owner)
            self.tasks[known.function] = known
            self.handlers[known.name] = known.handler()
        for kind in declared["sparx_job_kinds"]:
            if kind.name.partition(".")[0] != key:
                raise RegistryError(f"{owner} has jobs called {kind.name}, and not {key}.…")
            self._claim("kind of jobs", kind.name, owner)
            self.job_kinds[kind.name] = kind
        for path, route in declared["sparx_routes"]:
            self._claim("route", path, owner)
            self.routes.append((path, route))
        for label, path in declared["sparx_hosts"]:
            self._claim("host", label, owner)
            if self._owners.get(("route", path)) != owner:
                raise RegistryError(f"{owner} gives a host to {path}, which is no route of its own")
            self.hosts[label] = path
        for noun_or_verb in declared["sparx_resources"]:
            self._collect_operations(noun_or_verb, owner)
        for extension in declared["sparx_extend_resource"]:
            self._collect_extension(extension, key, owner)

    def _collect_operations(self, declared: Resource | Operation, owner: str) -> None:
        if isinstance(declared, Resource):
            self._claim("resource", declared.key, owner)
            self.resources[declared.key] = declared
            for name in names_of(declared.schema):
                self._claim(f"field of {declared.key}", name, owner)
            if declared.listing.searched is not None:
                self._claim("search of table", declared.listing.searched.table, owner)
            operations = [*declared.operations.values(), *bulk_operations(declared)]
        else:
            operations = [declared]
        for operation in operations:
            self._claim("operation", operation.name, owner)
            self._claim("route", (operation.method, operation.path), owner)
            self.operations[operation.name] = operation

    def _collect_extension(self, extension: Extension, key: str, owner: str) -> None:
        extended = self.resources.get(extension.resource)
        if extended is None or extended.module not in {CORE, *self.requires(key)}:
            raise RegistryError(
                f"{owner} extends {extension.resource}, which is no resource of the modules that it"
                " requires"
            )
        for field in schema_instance(extension.schema).fields.values():
            if not isinstance(field, Computed | RelatedList):
                raise RegistryError(
                    f"{owner} adds {field.data_key} to {extension.resource}, which is neither"
                    " Computed nor a RelatedList"
                )
            self._claim(f"field of {extension.resource}", field.data_key, owner)
        self.extensions.append((extension.resource, key, extension.schema))

    def _claim(self, what: str, name: Hashable, owner: str) -> None:
        holder = self._owners.get((what, name))
        if holder is not None:
            shown = " ".join(name) if isinstance(name, tuple) else name
            told = f"twice by {owner}" if holder == owner else f"by both {holder} and {owner}"
            raise NameTaken(f"{what} {shown!r} is declared {told}")
        self._owners[what, name] = owner

    def _check_references(self) -> None:
        for operation in self.operations.values():
            holder = self._owners.get(("route", operation.path))
            if holder is not None:  # Falcon would take whichever comes last, without a word
                owner = self._owners["operation", operation.name]
                raise NameTaken(
                    f"route {operation.path!r} is declared by both {owner} and {holder}"
                )
            for event in operation.emits:
                if self.events.get(event.name) is not event:
                    raise RegistryError(
                        f"operation {operation.name} emits {event.name}, which no module declares"
                    )
            module = (operation.scope or "").partition(":")[2]
            if module in self.modules and module != operation.module:
                raise RegistryError(
                    f"operation {operation.name} needs {operation.scope}, which is a scope of"
                    f" {self.modules[module]}"
                )
        for table, (key, model) in self.models.items():
            self._check_targets(table, key, model)
        check_relations(self)
        for event in self.events.values():
            if event.resource not in self.resources:
                raise RegistryError(
                    f"event {event.name} is about {event.resource}, which is no resource"
                )

    def _check_targets(self, table: str, key: str, model: type[TenantModel]) -> None:
        """References follow ``requires``: their target is there whenever the module is."""
        within = {key, CORE, *self.requires(key)}
        for reference in references_of(model):
            owner, _ = self.models.get(reference.target, (None, None))
            if owner not in within:
                known = f"a table of {owner}" if owner else "no table that a module declares"
                raise RegistryError(
                    f"{table} of {self.modules[key]} refers to {reference.target},"
                    f" which is {known} and not of the modules that it requires"
                )


def _declarations(
    installed: Mapping[str, Installed],
    managers: Mapping[str, pluggy.PluginManager],
    quarantined: list[Quarantined],
) -> dict[str, dict[str, list[Any]]]:
    """What each module's list hooks return; one whose hook raises is quarantined."""
    found = {}
    for key, manager in managers.items():
        try:
            found[key] = {
                name: [item for result in getattr(manager.hook, name)() for item in result]
                for name in _LIST_HOOKS
            }
        except Exception as error:
            if key == CORE:
                raise
            quarantined.append(quarantine(installed[key], f"{type(error).__name__}: {error}"))
    return found
