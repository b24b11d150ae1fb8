"""The names that ``sparx_core`` promises, in one place; import them from there."""

from sparx_core.attempts import attempt, rehearse
from sparx_core.auth.acting import key_actor
from sparx_core.auth.keys import bearer
from sparx_core.contacts import Email, Phone
from sparx_core.context import Actor, Context, Tenant
from sparx_core.custom_fields.field import CustomFields
from sparx_core.db.fields import (
    JsonField,
    MoneyField,
    Reference,
    SequenceField,
    TextArrayField,
    TimestampField,
    UnitPriceField,
    check,
    default,
)
from sparx_core.db.models import TenantModel, TrashModel
from sparx_core.db.statements import slot
from sparx_core.db.tables import create_tables
from sparx_core.deprecation.declared import Deprecated
from sparx_core.deprecation.names import Deprecation, SparxDeprecationWarning
from sparx_core.derived import Computed, Made, RelatedList
from sparx_core.errors import (
    ApiError,
    BadRequest,
    Conflict,
    Duplicate,
    Forbidden,
    InvalidTransition,
    NotFound,
    PayloadTooLarge,
    ReferencesStay,
    Unavailable,
    UnsupportedMediaType,
    ValidationFailed,
    VersionConflict,
)
from sparx_core.events.types import (
    Event,
    Guard,
    Handler,
    Occurrence,
    Periodic,
    Task,
    every,
    guard,
    on,
    scheduled,
)
from sparx_core.fields import (
    CalendarDate,
    Choice,
    Currency,
    DecimalNumber,
    Document,
    Embedded,
    Flag,
    Id,
    ListOf,
    LocalizedText,
    Many,
    Money,
    Related,
    SequenceNumber,
    Text,
    Timestamp,
    UnitPrice,
    WholeNumber,
)
from sparx_core.hookspecs import deprecated, hookimpl, hookspec
from sparx_core.ids import parse_uuid, uuid7
from sparx_core.jobs.kinds import JobKind, start_job
from sparx_core.jobs.models import Job
from sparx_core.jobs.steps import Failure, Progress
from sparx_core.links.issuing import NewLink, issue_link, revoke_links
from sparx_core.links.public import Public
from sparx_core.machines import Machine, Transition
from sparx_core.members.models import Member
from sparx_core.members.schemas import TimeZone
from sparx_core.modules import Extension, Module
from sparx_core.money import AMOUNT_LIMIT, currency_digits, round_amount
from sparx_core.operations import FileAnswer, Told, querying
from sparx_core.outbound import Outbound, OutboundError, OutboundResponse
from sparx_core.read.conditions import ComputedCondition
from sparx_core.read.documents import Beginning, DocumentCondition, DocumentValue, Found
from sparx_core.read.kinds import Kind, KindField, Kinds, Looked, Parameter, Shapes
from sparx_core.read.rendering import rendered
from sparx_core.read.scopes import holds_scope
from sparx_core.read.through import Through
from sparx_core.read.wire import Scope, wire_expression
from sparx_core.referring.moving import (
    Flagged,
    Moved,
    Moves,
    Removed,
    move_references,
    undo_moves,
)
from sparx_core.referring.personal import (
    blank_columns,
    blank_value,
    keyed_digest,
    redact,
    referring_rows,
    remove_rows,
    resource_of,
    shown_rows,
)
from sparx_core.resources import Operation, Resource, Shown, Values, operation
from sparx_core.runtime import Runtime
from sparx_core.schemas import ObjectSchema, ResourceSchema, load
from sparx_core.storage.files import Files, StoredFile
from sparx_core.storage.store import Listed
from sparx_core.surfaces.openapi.fields import json_schema
from sparx_core.surfaces.rest.envelope import answer_json
from sparx_core.surfaces.rest.pieces import body_pieces, in_pieces
from sparx_core.version import VERSION

__version__ = VERSION

#: Promised names that go away: each still works, and warns.
DEPRECATED: dict[str, tuple[Deprecation, object]] = {}

__all__ = [
    "AMOUNT_LIMIT",
    "Actor",
    "ApiError",
    "BadRequest",
    "Beginning",
    "CalendarDate",
    "Choice",
    "Computed",
    "ComputedCondition",
    "Conflict",
    "Context",
    "Currency",
    "CustomFields",
    "DecimalNumber",
    "Deprecated",
    "Document",
    "DocumentCondition",
    "DocumentValue",
    "Duplicate",
    "Email",
    "Embedded",
    "Event",
    "Extension",
    "Failure",
    "FileAnswer",
    "Files",
    "Flag",
    "Flagged",
    "Forbidden",
    "Found",
    "Guard",
    "Handler",
    "Id",
    "InvalidTransition",
    "Job",
    "JobKind",
    "JsonField",
    "Kind",
    "KindField",
    "Kinds",
    "ListOf",
    "Listed",
    "LocalizedText",
    "Looked",
    "Machine",
    "Made",
    "Many",
    "Member",
    "Module",
    "Money",
    "MoneyField",
    "Moved",
    "Moves",
    "NewLink",
    "NotFound",
    "ObjectSchema",
    "Occurrence",
    "Operation",
    "Outbound",
    "OutboundError",
    "OutboundResponse",
    "Parameter",
    "PayloadTooLarge",
    "Periodic",
    "Phone",
    "Progress",
    "Public",
    "Reference",
    "ReferencesStay",
    "Related",
    "RelatedList",
    "Removed",
    "Resource",
    "ResourceSchema",
    "Runtime",
    "Scope",
    "SequenceField",
    "SequenceNumber",
    "Shapes",
    "Shown",
    "SparxDeprecationWarning",
    "StoredFile",
    "Task",
    "Tenant",
    "TenantModel",
    "Text",
    "TextArrayField",
    "Through",
    "TimeZone",
    "Timestamp",
    "TimestampField",
    "Told",
    "Transition",
    "TrashModel",
    "Unavailable",
    "UnitPrice",
    "UnitPriceField",
    "UnsupportedMediaType",
    "ValidationFailed",
    "Values",
    "VersionConflict",
    "WholeNumber",
    "__version__",
    "answer_json",
    "attempt",
    "bearer",
    "blank_columns",
    "blank_value",
    "body_pieces",
    "check",
    "create_tables",
    "currency_digits",
    "default",
    "deprecated",
    "every",
    "guard",
    "holds_scope",
    "hookimpl",
    "hookspec",
    "in_pieces",
    "issue_link",
    "json_schema",
    "key_actor",
    "keyed_digest",
    "load",
    "move_references",
    "on",
    "operation",
    "parse_uuid",
    "querying",
    "redact",
    "referring_rows",
    "rehearse",
    "remove_rows",
    "rendered",
    "resource_of",
    "revoke_links",
    "round_amount",
    "scheduled",
    "shown_rows",
    "slot",
    "start_job",
    "undo_moves",
    "uuid7",
    "wire_expression",
]
