"""Content types, which tenants define themselves, and the languages of their content."""

from __future__ import annotations

from peewee import BooleanField, IntegerField, TextField

from sparx_core import JsonField, TenantModel, check, default

COLLECTION, SINGLETON, COMPONENT = KINDS = ("collection", "singleton", "component")
_KIND = "kind IN ('collection', 'singleton', 'component')"
ACTIVE, DEPRECATED = TYPE_STATES = ("active", "deprecated")


class ContentType(TenantModel):
    """What entries of one kind consist of.

    ``fields`` are their definitions in order, each with an ``id`` that never changes, under which
    entries hold its values, and a ``key`` that may. ``schema_version`` goes up when they change.
    """

    key = TextField()
    name = TextField()
    plural_name = TextField()
    description = TextField(null=True)
    icon = TextField(null=True)
    kind = TextField(constraints=[default("'collection'"), check(_KIND)])
    #: The id of the field that names an entry where it is mentioned.
    display_field = TextField(null=True)
    #: The path of an entry's page, such as ``/blog/{slug}``; entries without one have no page.
    url_pattern = TextField(null=True)
    fields = JsonField(constraints=[default("'[]'")])
    #: The stages of approval, in order; none means that whoever may publish does.
    stages = JsonField(constraints=[default("'[]'")])
    state = TextField(constraints=[default("'active'"), check("state IN ('active', 'deprecated')")])
    built_in = BooleanField(constraints=[default("false")])
    schema_version = IntegerField(constraints=[default("1")])

    class Meta:
        schema = "cms"
        table_name = "content_types"
        indexes = ((("key",), True),)


class Locale(TenantModel):
    """A language of a tenant's content, and the one that stands in where something is missing."""

    code = TextField()
    name = TextField()
    fallback = TextField(null=True, constraints=[check("fallback <> code")])
    is_default = BooleanField(constraints=[default("false")])

    class Meta:
        schema = "cms"
        table_name = "locales"
        indexes = ((("code",), True),)
