"""What the CMS brings to an installation: all that its folders declare."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import TypeVar

from sparx_cms import errors, events, handlers, operations, resources
from sparx_cms.models.assets import Asset, AssetLink, Folder, Upload
from sparx_cms.models.content_types import ContentType, Locale
from sparx_cms.models.entries import Claim, Entry, EntryLocale, FieldValue, Link, Revision
from sparx_cms.models.menus import Menu
from sparx_cms.models.redirects import Redirect
from sparx_cms.models.releases import Release, ReleaseItem
from sparx_cms.models.reviews import Decision, Review
from sparx_cms.models.schedules import Schedule
from sparx_cms.models.search import SearchDocument
from sparx_cms.models.sites import Site
from sparx_cms.models.sync import Change
from sparx_cms.models.taxonomies import EntryTerm, Taxonomy, Term
from sparx_cms.models.working import Comment, Presence, Preview
from sparx_cms.types.built_in import built_in_types, default_locale
from sparx_core import (
    ApiError,
    Context,
    Event,
    Guard,
    Handler,
    JobKind,
    Module,
    Operation,
    Periodic,
    Resource,
    Runtime,
    Task,
    TenantModel,
    hookimpl,
)

KindT = TypeVar("KindT")


def _classes(base: type[KindT], package: ModuleType) -> list[type[KindT]]:
    """The classes that the files of a package define."""
    return [
        one
        for file in _files(package)
        for one in vars(file).values()
        if isinstance(one, type)
        and issubclass(one, base)
        and one.__module__ == file.__name__
        and not one.__name__.startswith("_")
    ]


def _values(kind: type[KindT], *packages: ModuleType) -> list[KindT]:
    """The values of a kind in the files of packages, each once."""
    found = {
        id(one): one
        for package in packages
        for file in _files(package)
        for one in vars(file).values()
        if isinstance(one, kind)
    }
    return list(found.values())


def _files(package: ModuleType) -> list[ModuleType]:
    names = sorted(one.name for one in iter_modules(package.__path__))
    return [import_module(f"{package.__name__}.{name}") for name in names]


@hookimpl
def sparx_models() -> list[type[TenantModel]]:
    # What is referred to comes before.
    return [
        ContentType,
        Locale,
        Entry,
        Revision,
        EntryLocale,
        Claim,
        Link,
        FieldValue,
        Folder,
        Asset,
        Upload,
        AssetLink,
        Redirect,
        Menu,
        Taxonomy,
        Term,
        EntryTerm,
        Site,
        SearchDocument,
        Change,
        Schedule,
        Release,
        ReleaseItem,
        Review,
        Decision,
        Comment,
        Presence,
        Preview,
    ]


@hookimpl
def sparx_resources() -> list[Resource | Operation]:
    return [*_values(Resource, operations), *_values(Operation, operations)]


@hookimpl
def sparx_errors() -> list[type[ApiError]]:
    return _classes(ApiError, errors)


@hookimpl
def sparx_events() -> list[type[Event]]:
    return _classes(Event, events)


@hookimpl
def sparx_event_handlers() -> list[Handler]:
    return _values(Handler, handlers)


@hookimpl
def sparx_periodic() -> list[Periodic]:
    return _values(Periodic, handlers, operations)


@hookimpl
def sparx_guards() -> list[Guard]:
    return _values(Guard, handlers)


@hookimpl
def sparx_tasks() -> list[Task]:
    return _values(Task, handlers, operations)


@hookimpl
def sparx_job_kinds() -> list[JobKind]:
    return _values(JobKind, operations)


@hookimpl
def sparx_routes() -> list[tuple[str, Callable[[Runtime], object]]]:
    return [route for file in _files(resources) for route in getattr(file, "ROUTES", ())]


@hookimpl
def sparx_activate(ctx: Context) -> None:
    default_locale(ctx)
    built_in_types(ctx)


module = Module(
    key="cms",
    title="CMS",
    package="sparx_cms",
    plugin=sys.modules[__name__],
    description="Content types, entries, revisions, publishing, media and redirects.",
)
