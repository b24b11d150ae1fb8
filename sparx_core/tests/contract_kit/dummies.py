"""Modules to hold against the rules: one that keeps all of them, and one that breaks each.

Every dummy is what ``sparx module new`` writes, with one thing changed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sparx_core.scaffold import Answers, as_class, generate

#: Texts to replace in a file, each of which must be there.
Edits = Mapping[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class Dummy:
    """A generated module with changes; it breaks ``rule``, or none."""

    key: str
    rule: str = ""
    edits: Edits = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()

    @property
    def noun(self) -> str:
        return f"{self.key}_thing"

    def write(self, folder: Path) -> Path:
        """The source folder of the dummy, with the metadata that pip would leave beside it."""
        home = folder / self.key
        title = self.key.replace("_", " ")
        generate(Answers(self.key, title, f"The {title}", self.noun, f"{self.noun}s"), home)
        package = home / "src" / f"sparx_{self.key}"
        for name, content in self.files.items():
            (package / name).write_text(self._filled(content))
        for name, replacements in self.edits.items():
            path = home / name if name == "README.md" else package / self._filled(name)
            text = path.read_text()
            for old, new in replacements:
                assert self._filled(old) in text, (self.key, name, old)
                text = text.replace(self._filled(old), self._filled(new))
            path.write_text(text)
        for name in self.removed:
            (package / name).unlink()
        self._describe(home)
        return home / "src"

    def _filled(self, text: str) -> str:
        """Text in which <key>, <noun> and <Class> are those of the dummy."""
        words = {"key": self.key, "noun": self.noun, "Class": as_class(self.noun)}
        return re.sub("<(key|noun|Class)>", lambda found: words[found[1]], text)

    def _describe(self, home: Path) -> None:
        project = tomllib.loads((home / "pyproject.toml").read_text())["project"]
        folder = home / "src" / f"sparx_{self.key}-{project['version']}.dist-info"
        folder.mkdir()
        required = "".join(
            f"Requires-Dist: {one}\n" for one in (*project["dependencies"], *self.declared)
        )
        (folder / "METADATA").write_text(
            "Metadata-Version: 2.1\n"
            f"Name: {project['name']}\nVersion: {project['version']}\n{required}"
        )
        points = project["entry-points"]["sparx.modules"].items()
        listed = "\n".join(f"{name} = {value}" for name, value in points)
        (folder / "entry_points.txt").write_text(f"[sparx.modules]\n{listed}\n")


#: A route that is gated as it should be; dummies change a line of it.
ROUTE = '''
"""A route by hand."""

import falcon
from sparx_core import BadRequest, Runtime, bearer


class Peek:
    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        key = bearer(request.get_header("Authorization"))
        with self.runtime.as_key(key, read_only=True) as ctx:
            ctx.require("<key>", "read:<key>")
            if request.params:
                raise BadRequest("There are no parameters.")
            response.media = {"success": True, "data": ctx.tenant.slug}
'''
PLUGIN_WITH_ROUTE = [
    (
        "from sparx_<key>.operations",
        "from sparx_<key>.resources import Peek\nfrom sparx_<key>.operations",
    ),
    (
        "@hookimpl\ndef sparx_errors",
        "@hookimpl\ndef sparx_routes() -> list:\n"
        '    return [("/v1/<key>/peek", Peek)]\n\n\n'
        "@hookimpl\ndef sparx_errors",
    ),
]


def with_route(rule: str, *changes: tuple[str, str]) -> Dummy:
    """A dummy with a route of its own, in which something is amiss."""
    edits = {"plugin.py": PLUGIN_WITH_ROUTE, "resources.py": list(changes)}
    return Dummy(f"bad_{rule}", rule, edits, {"resources.py": ROUTE}, declared=("falcon",))


def with_operation(rule: str, body: str) -> Dummy:
    """A dummy with an operation on the path of a row, declared without its resource."""
    operation = f"""
@operation("GET", "/<noun>s/{{id}}/peek", name="peek", module="<key>", scope="read:<key>")
def peek(ctx: Context, id: str) -> dict:
    {body}


<noun>s = Resource("""
    edits = {
        "operations.py": [
            ("import Context, Resource", "import Context, NotFound, Resource, operation"),
            ("from sparx_core", "from uuid import UUID\n\nfrom sparx_core"),
            ("\n<noun>s = Resource(", operation),
        ],
        "plugin.py": [
            ("import <noun>s", "import <noun>s, peek"),
            ("return [<noun>s]", "return [<noun>s, peek]"),
        ],
    }
    return Dummy(f"bad_{rule}", rule, edits)


def with_sql(rule: str, sql: str) -> Dummy:
    """A dummy whose migration does something more."""
    edits = [
        ("\n\n\ndef up(", f'\n\nMORE = """{sql}"""\n\n\ndef up('),
        ("create_tables(db, [<Class>])", "create_tables(db, [<Class>])\n    db.execute_sql(MORE)"),
    ]
    return Dummy(f"bad_{rule}", rule, {"migrations/0001_<noun>s.py": edits})


def with_field(rule: str, code: str, field: str) -> Dummy:
    """A dummy with a field class of its own, which its name is of."""
    edits = [
        ("from sparx_core", "from marshmallow import ValidationError\n\nfrom sparx_core"),
        ("\n\nclass <Class>Schema", f"\n\n{code}\n\nclass <Class>Schema"),
        ("name = Text(120, required=True)", f"name = {field}"),
    ]
    return Dummy(f"bad_{rule}", rule, {"schemas.py": edits}, declared=("marshmallow",))


GOOD = Dummy("good")
#: Keeps every rule, and reacts to what the core tells.
HEARS_THE_CORE = Dummy(
    "hearing",
    edits={
        "handlers.py": [
            ('@on("<noun>.created")', '@on("key.rotated")'),
            ("    <noun> = ctx.find", "    assert event.data['replacedBy']\n    <noun> = ctx.find"),
        ]
    },
)
PRAISED_IMPORTED = (
    "from sparx_<key>.models",
    "from sparx_<key>.events import Praised\nfrom sparx_<key>.models",
)
#: Keeps every rule once somebody causes what it reacts to.
NEEDS_EXERCISE = Dummy(
    "waiting",
    edits={
        "handlers.py": [('@on("<noun>.created")', '@on("<noun>.praised")')],
        "events.py": [
            (
                "\n\nclass <Class>Updated",
                "\n\nclass Praised(Event):\n"
                '    """Somebody likes it."""\n\n'
                '    name, resource = "<noun>.praised", "<key>.<noun>s"\n'
                "\n\nclass <Class>Updated",
            )
        ],
        "operations.py": [
            ("import Context, Resource", "import Context, Resource, operation"),
            PRAISED_IMPORTED,
            (
                "\n<noun>s = Resource(",
                '\n\n@operation("POST", "/praise/{name}", name="praise", module="<key>",\n'
                '           scope="write:<key>", emits=[Praised])\n'
                "def praise(ctx: Context, name: str) -> dict:\n"
                '    """Make one of that name, and like it."""\n'
                "    row = ctx.insert(<Class>(name=name))\n"
                "    ctx.emit(Praised(row))\n"
                "    return {}\n\n\n<noun>s = Resource(",
            ),
        ],
        "plugin.py": [
            ("import <noun>s", "import <noun>s, praise"),
            ("return [<noun>s]", "return [<noun>s, praise]"),
            PRAISED_IMPORTED,
            ("return [<Class>Created", "return [Praised, <Class>Created"),
        ],
    },
)

#: One for each rule that needs a registry at least.
BAD = [
    Dummy("bad_named", "named", {"errors.py": [('"<noun>_archived"', '"ThingArchived"')]}),
    Dummy("bad_documented", "documented", {"README.md": [("## Remove", "## Get rid of it")]}),
    Dummy("bad_typed", "typed", removed=("py.typed",)),
    Dummy(
        "bad_imports",
        "imports",
        {
            "handlers.py": [
                (
                    "from sparx_core",
                    "import socket\nfrom http import HTTPStatus, client\nfrom urllib import parse\n"
                    "import structlog\nimport urllib.request\nfrom sparx_core",
                )
            ]
        },
    ),
    Dummy(
        "bad_models",
        "models",
        {"models.py": [("notes = TextField(null=True)", "notes = TextField()")]},
    ),
    with_sql("migrations", "CREATE INDEX more ON <key>.<noun>s (tenant_id, notes)"),
    with_sql("walls", "CREATE TABLE IF NOT EXISTS <key>.more (id uuid PRIMARY KEY)"),
    with_sql(
        "inactive",
        """
CREATE OR REPLACE FUNCTION <key>.keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF core.verified_tenant('<key>') IS NOT NULL THEN RETURN NEW; END IF;
    INSERT INTO core.counters (name, value) VALUES (NEW.name, 1);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER keep BEFORE INSERT ON <key>.<noun>s
FOR EACH ROW EXECUTE FUNCTION <key>.keep()
""",
    ),
    with_field(
        "samples",
        """
class Password(Text):
    def _deserialize(self, value, attr, data, **kwargs):
        if value != "open sesame":
            raise ValidationError("Say the word.")
        return value
""",
        "Password(required=True)",
    ),
    with_field(
        "lists",
        """
class Spoken(Text):
    def _deserialize(self, value, attr, data, **kwargs):
        if not value.startswith("say "):
            raise ValidationError("Say something.")
        return value.removeprefix("say ")
""",
        'Spoken(required=True, metadata={"example": "say hello"})',
    ),
    with_route(
        "authenticated",
        (
            "        with self.runtime",
            "        if key is None:\n            return\n        with self.runtime",
        ),
    ),
    with_route("active", ('ctx.require("<key>", ', 'ctx.require("core", ')),
    with_route("scoped", ('ctx.require("<key>", "read:<key>")', 'ctx.require("<key>")')),
    with_route("parameters", ("if request.params:", "if False:")),
    with_operation(
        "isolated",
        """\"\"\"Say that it is there, whatever it is.\"\"\"
    try:
        return {"id": UUID(id)}
    except ValueError:
        raise NotFound from None""",
    ),
    with_operation(
        "malformed_ids",
        """\"\"\"Say that it is there, if it is.\"\"\"
    return {"id": ctx.get(<Class>, UUID(id)).id}""",
    ),
    Dummy(
        "bad_fields",
        "fields",
        {
            "schemas.py": [
                (
                    "    name = Text(",
                    '    class Meta:\n        unknown = "exclude"\n\n    name = Text(',
                )
            ]
        },
    ),
    Dummy(
        "bad_same_json",
        "same_json",
        {
            "schemas.py": [
                (
                    "from sparx_core import",
                    "from peewee import fn\n\nfrom sparx_core import Computed, WholeNumber,",
                ),
                (
                    "    created_at = Timestamp",
                    "    luck = Computed(WholeNumber(), lambda row: fn.txid_current())\n"
                    "    created_at = Timestamp",
                ),
            ]
        },
    ),
    Dummy(
        "bad_recorded",
        "recorded",
        {
            "operations.py": [
                (
                    "\n<noun>s = Resource(",
                    "\n\nclass Quiet(Resource):\n    audited = False\n\n\n<noun>s = Quiet(",
                )
            ]
        },
    ),
    Dummy(
        "bad_repeatable",
        "repeatable",
        {
            "handlers.py": [
                (
                    "    <noun> = ctx.find",
                    '    ctx.insert(<Class>(name="again"))\n    <noun> = ctx.find',
                )
            ]
        },
    ),
    Dummy(
        "bad_restored",
        "restored",
        {
            "plugin.py": [
                (
                    "@hookimpl\ndef sparx_errors",
                    "@hookimpl\ndef sparx_activate(ctx: object) -> None:\n"
                    '    ctx.insert(<Class>(name="Welcome"))\n\n\n'
                    "@hookimpl\ndef sparx_errors",
                )
            ]
        },
    ),
]
