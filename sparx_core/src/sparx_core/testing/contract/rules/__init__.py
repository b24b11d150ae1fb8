"""The rules for modules, in the order in which they are worth looking at."""

from sparx_core.testing.contract.rule import Rule
from sparx_core.testing.contract.rules.audit import recorded
from sparx_core.testing.contract.rules.database import migrations, models, walls
from sparx_core.testing.contract.rules.declarations import (
    documented,
    loads,
    named,
    typed,
    unique,
)
from sparx_core.testing.contract.rules.doors import active, authenticated, scoped
from sparx_core.testing.contract.rules.ids import isolated, malformed_ids
from sparx_core.testing.contract.rules.imports import imports
from sparx_core.testing.contract.rules.inputs import fields, parameters, samples
from sparx_core.testing.contract.rules.lifetime import inactive, restored
from sparx_core.testing.contract.rules.reactions import repeatable
from sparx_core.testing.contract.rules.rows import lists, same_json

RULES: tuple[Rule, ...] = (
    loads,
    unique,
    named,
    documented,
    typed,
    imports,
    migrations,
    models,
    walls,
    samples,
    authenticated,
    active,
    scoped,
    isolated,
    malformed_ids,
    parameters,
    fields,
    same_json,
    lists,
    recorded,
    repeatable,
    inactive,
    restored,
)
