"""Pipelines, their stages, and the reasons for which deals are lost."""

from __future__ import annotations

from peewee import BooleanField, IntegerField, TextField

from sparx_core import Reference, TenantModel, TextArrayField, TimestampField, check, default

#: What being in a stage means for a deal: the deal's status.
STAGE_KINDS = ("open", "won", "lost")
_KINDS = f"kind IN ({', '.join(repr(word) for word in STAGE_KINDS)})"


class Pipeline(TenantModel):
    """A way that deals go, stage by stage. One of a tenant's is the default, which a constraint
    sees to, and a tenant that has any has one.
    """

    name = TextField()
    position = IntegerField(constraints=[check("position >= 0")])
    is_default = BooleanField(constraints=[default("false")])
    win_on_order = BooleanField(constraints=[default("true")])
    archived_at = TimestampField(null=True)

    class Meta:
        schema = "crm"
        table_name = "pipelines"
        indexes = ((("name",), True),)


class Stage(TenantModel):
    """A stage of a pipeline. Deals refer to its pipeline and kind as well as to its id, so that
    the database itself keeps a deal's status and its stage in agreement.
    """

    pipeline = Reference("crm.pipelines", on_delete="CASCADE")
    name = TextField()
    position = IntegerField(constraints=[check("position >= 0")])
    kind = TextField(constraints=[default("'open'"), check(_KINDS)])
    probability = IntegerField(
        constraints=[
            check("probability BETWEEN 0 AND 100"),
            check("kind <> 'won' OR probability = 100"),
            check("kind <> 'lost' OR probability = 0"),
        ]
    )
    rot_days = IntegerField(null=True, constraints=[check("rot_days > 0")])
    required_fields = TextArrayField(constraints=[default("'{}'")])
    color = TextField(null=True)

    class Meta:
        schema = "crm"
        table_name = "stages"
        indexes = (
            (("pipeline", "name"), True),
            (("pipeline", "id", "kind"), True),
        )


class LostReason(TenantModel):
    """Why deals are lost, as a list to choose from."""

    name = TextField()
    position = IntegerField(constraints=[check("position >= 0")])
    archived_at = TimestampField(null=True)

    class Meta:
        schema = "crm"
        table_name = "lost_reasons"
        indexes = ((("name",), True),)
