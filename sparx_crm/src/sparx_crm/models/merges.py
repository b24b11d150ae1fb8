"""Merges: which rows became one, and what was done for it."""

from __future__ import annotations

from peewee import BooleanField, IntegerField, TextField, UUIDField

from sparx_core import (
    JsonField,
    Machine,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    Transition,
    check,
    default,
)

MERGED_NOUNS = ("customers", "accounts")
MERGE_MACHINE = Machine("status", {"undo": Transition(("merged",), "undone")})
_NOUNS = f"resource IN ({', '.join(repr(word) for word in MERGED_NOUNS)})"
_STATES = f"status IN ({', '.join(repr(word) for word in MERGE_MACHINE.states)})"
_STEPS = "kind IN ('moved', 'removed', 'flagged', 'added')"


class Merge(TenantModel):
    """Rows that became one. ``changes`` are the columns of the one that stayed, before and after.

    The ids are no references: nothing of a merge is to be moved by the next one.
    """

    resource = TextField(constraints=[check(_NOUNS)])
    primary = UUIDField(column_name="primary_id")
    duplicates = TextArrayField()
    status = TextField(constraints=[default("'merged'"), check(_STATES)])
    moved = JsonField(constraints=[default("'{}'")])
    removed = JsonField(constraints=[default("'{}'")])
    changed_fields = TextArrayField(constraints=[default("'{}'")])
    changes = JsonField(constraints=[default("'{}'")])
    actor = TextField()
    undone_at = TimestampField(
        null=True, constraints=[check("(status = 'undone') = (undone_at IS NOT NULL)")]
    )
    #: What could be undone of it was erased.
    erased = BooleanField(constraints=[default("false")])

    class Meta:
        schema = "crm"
        table_name = "merges"
        indexes = ((("primary",), False),)


class MergeStep(TenantModel):
    """Something that a merge did to rows of another table, in order: see ``sparx_core.Moves``."""

    merge = Reference("crm.merges", on_delete="CASCADE")
    position = IntegerField()
    kind = TextField(constraints=[check(_STEPS)])
    subject = TextField()
    column = TextField(null=True)
    before = UUIDField(null=True)
    after = UUIDField(null=True)
    flag = BooleanField(null=True)
    rows = TextArrayField(constraints=[default("'{}'")])
    removed = TextField(null=True)

    class Meta:
        schema = "crm"
        table_name = "merge_steps"
        indexes = ((("merge", "position"), True),)
