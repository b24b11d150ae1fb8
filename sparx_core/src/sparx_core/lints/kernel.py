"""The functions of the core, and to whom they are granted.

They are those that ``kernel.sql`` and the scripts beside it define in schema ``core``, those that
search resources and those that record their changes; no others may run with the owner's rights.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

from sparx_core.audit.tables import audited_tables
from sparx_core.db.migrate import SCRIPTS
from sparx_core.lints.text import normalized
from sparx_core.registry import Registry
from sparx_core.search.functions import hit_functions

_FUNCTION = re.compile(
    r"^CREATE OR REPLACE FUNCTION (?P<name>\w+\.\w+)\((?P<arguments>[^)]*)\)\s+RETURNS "
    r"(?P<options>.*?)^(?:AS \$\$(?P<body>.*?)\$\$|(?P<expression>RETURN .*?));$",
    re.DOTALL | re.MULTILINE,
)
_GRANT = re.compile(
    r"^GRANT EXECUTE ON FUNCTION(?P<functions>.*?)^TO (?P<roles>[\w, ]+);$",
    re.DOTALL | re.MULTILINE,
)
_GRANTED = re.compile(r"(\w+\.\w+)\(([^)]*)\)")


@dataclass(frozen=True)
class KernelFunction:
    """``signature`` as PostgreSQL writes a ``regprocedure``.

    ``body`` is the quoted source, to the letter; or ``expression`` what a body that was bound
    when it was defined reads like, normalized.
    """

    signature: str
    definer: bool
    body: str | None
    expression: str | None
    roles: tuple[str, ...]


def kernel_functions(registry: Registry) -> list[KernelFunction]:
    folder = files("sparx_core.db")
    script = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in SCRIPTS)
    script += "".join(function.definition() for function in registry.search_functions())
    hits = hit_functions(registry.resources.values())
    script += "".join(function.definition() for function in hits)
    script += "".join(function.definition() for function in registry.term_searches())
    script += "".join(table.definition() for table in audited_tables(registry))
    roles: dict[str, list[str]] = {}
    for grant in _GRANT.finditer(script):
        for name, types in _GRANTED.findall(grant["functions"]):
            signature = f"{name}({_joined(types.split(','))})"
            roles.setdefault(signature, []).extend(re.findall(r"\w+", grant["roles"]))
    return [_function(found, roles) for found in _FUNCTION.finditer(script)]


def _function(found: re.Match[str], roles: dict[str, list[str]]) -> KernelFunction:
    # Every argument is named: "presented_key text" is of type text, and may have a default.
    arguments = (one.strip().partition(" DEFAULT ")[0] for one in found["arguments"].split(","))
    types = [argument.partition(" ")[2] for argument in arguments]
    signature = f"{found['name']}({_joined(types)})"
    return KernelFunction(
        signature,
        "SECURITY DEFINER" in found["options"],
        found["body"],
        normalized(found["expression"]) if found["expression"] else None,
        tuple(roles.get(signature, ())),
    )


def _joined(types: list[str]) -> str:
    return ",".join(one.strip() for one in types)
