"""quirks probing"""

import types
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
import pytest
from marshmallow import fields
from peewee import *
from peewee import Function
from sparx_core import *
from sparx_core import Text
from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.testing import open_installation


class Thing(TenantModel):
    name = TextField()
    small = SmallIntegerField(null=True)
    day = DateField(null=True)
    stock = IntegerField(constraints=[default("0")])
    long_text = TextField(null=True)
    pair = TextArrayField(constraints=[default("'{}'")])

    class Meta:
        schema = "quirks"
        table_name = "things"


class ThingSchema(ResourceSchema):
    name = Text(200, required=True)
    small = fields.Integer(allow_none=True)
    day = fields.Date(allow_none=True)
    stock = WholeNumber()
    long_text = Text(9000, allow_none=True)
    pair = ListOf(Text(9000), minimum=2, maximum=3)


class ThingCreated(Event):
    name = "thing.created"
    resource = "quirks.things"


things = Resource(
    "things",
    Thing,
    ThingSchema,
    search=("name", "pair"),
    filters=("small", "day", "pair", "long_text" if 0 else "longText"),
    sorts=("day", "small"),
)
things.derive(created=ThingCreated)


class X(ObjectSchema):
    taxed = Computed(DecimalNumber(), lambda t: t.column("stock") * Decimal("1.5"))
    label = Computed(Text(), lambda t: Function("concat", ("no. ", t.column("stock"))))
    percent = Computed(Text(), lambda t: t.column("name").concat(SQL("' 100%%'")))
    likes = Computed(Flag(), lambda t: t.column("name") % "a%")
    case = Computed(Text(), lambda t: Case(None, [(t.column("stock") > 1, "many")], "few"))
    built = Computed(Document(), lambda t: fn.jsonb_build_object("a", t.column("stock"), "b", 1.5))
    const = Computed(Text(), lambda t: Value("x"))
    constn = Computed(WholeNumber(), lambda t: Value(5))
    ratio = Computed(DecimalNumber(), lambda t: t.column("stock") / 2.0)
    fm = Computed(Text(), lambda t: fn.to_char(t.column("created_at"), "YYYY"))
    sub = Computed(Text(), lambda t: Thing.select(Thing.name).where(Thing.id == t.column("id")))
    subalias = Computed(
        WholeNumber(),
        lambda t: (lambda o: o.select(fn.count(o.id)).where(o.stock <= t.column("stock")))(
            Thing.alias("t")
        ),
    )
    subalias2 = Computed(
        WholeNumber(),
        lambda t: (lambda o: o.select(fn.count(o.id)).where(o.stock <= t.column("stock")))(
            Thing.alias("m1")
        ),
    )


def plug(**h):
    return types.SimpleNamespace(**{n: hookimpl(f) for n, f in h.items()})


class M(Module):
    def migrations(self):
        return Path("/tmp/quirks_migrations") / self.key


def mods():
    q = M(
        key="quirks",
        title="Q",
        package="quirks",
        plugin=plug(
            sparx_models=lambda: [Thing],
            sparx_resources=lambda: [things],
            sparx_events=lambda: [ThingCreated],
        ),
    )
    x = M(
        key="extra",
        title="X",
        package="extra",
        requires=("quirks",),
        plugin=plug(sparx_extend_resource=lambda: [Extension("quirks.things", X)]),
    )
    return [Installed(q, "sparx-q", "1"), Installed(x, "sparx-x", "1")]


@pytest.fixture(scope="module")
def installation(database_server):
    core = Installed(core_module, "sparx-core", version("sparx-core"))
    with open_installation(database_server, Registry([core, *mods()])) as runtime:
        yield runtime


def test_it(api, activate, deactivate):
    import random

    r = random.Random(2)
    out = []
    deactivate("extra")
    P = "/v1/quirks/things"

    def show(l, a):
        out.append((l, a.status, a.text[:200]))

    show("make", api.post(P, {"name": "abc", "small": 3, "day": "2026-01-02", "stock": 3}))
    t = api.get(P).data[0]["id"]
    for q in [
        "small[in]=99999",
        "small=99999",
        "small[gte]=99999",
        "day=2026-01-02",
        "day[startsWith]=2026",
        "day[gt]=2026-01-01",
        "day[contains]=2026",
        "day=x",
        "day[in]=2026-01-02,2026-02-30",
        "pair[contains]=x",
        "sort=day",
        "sort=-small",
    ]:
        show(q, api.get(P, query=q))
    long = "".join(chr(r.randrange(0x4E00, 0x9FFF)) for _ in range(3000))
    show("long", api.post(P, {"name": "abc", "longText": long}))
    show("longpair", api.post(P, {"name": "abc", "pair": [long, long]}))
    activate("extra")
    for f in [
        "taxed",
        "label",
        "percent",
        "likes",
        "case",
        "built",
        "const",
        "constn",
        "ratio",
        "fm",
        "sub",
        "subalias",
        "subalias2",
    ]:
        a = api.get(P, query="fields=" + f)
        b = api.get(f"{P}/{t}", query="fields=" + f)
        a2 = api.get(P, query="skip=0&take=3&q=abc&fields=" + f)
        c = api.post(P + "?fields=" + f, {"name": "abc", "stock": 3, "small": 9})
        out.append((f, a.text[16:150], "|", a2.text[16:80], "|", b.text[16:150], "|", c.text[:100]))
    for l in out:
        print(*l, sep=" | ")
    assert 0
