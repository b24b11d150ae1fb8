"""What is computed is the same in every answer, whatever constants it is computed with."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from peewee import Select, Value

from sparx_core.db.statements import compile_statement
from sparx_core.testing import Api, Owner

from .shop.odd import COMPUTED

PATH = "/v1/odd/things"
BODY = {"name": "100 %", "middle": 3}


@pytest.mark.modules("odd")
@pytest.mark.parametrize("name", COMPUTED)
def test_constant(api: Api, name: str) -> None:
    made = api.post(PATH, BODY).data["id"]
    api.post("/v1/modules/odder/activate")
    for query in (f"fields={name}", f"fields={name}&q=100", f"fields={name}&take=1&skip=0"):
        answer = api.get(PATH, query=query)
        assert json.loads(answer.body)["data"] == [{name: COMPUTED[name]}], query
    assert json.loads(api.get(f"{PATH}/{made}", query=f"fields={name}").body)["data"] == {
        name: COMPUTED[name]
    }


def test_constants_in_the_answer_to_a_write_and_its_event(api: Api, owner: Owner) -> None:
    answer = api.post(PATH, BODY)
    assert answer.status == 201
    made = json.loads(answer.body)["data"]
    assert {name: made[name] for name in COMPUTED} == COMPUTED
    assert owner.value("SELECT data FROM core.events WHERE aggregate_id = %s", made["id"]) == made


@pytest.mark.modules("odd")
def test_sub_select_under_an_alias_of_its_own(api: Api) -> None:
    for middle in (1, 2, 3):
        api.post(PATH, {"name": "x", "middle": middle})
    api.post("/v1/modules/odder/activate")
    shown = api.get(PATH, query="fields=middle,others&sort=middle").data
    assert shown == [{"middle": m, "others": m - 1} for m in (1, 2, 3)]
    made = api.post(PATH, {"name": "x", "middle": 4}, query="fields=id,others").data
    assert made["others"] == 3
    assert api.get(f"{PATH}/{made['id']}").data["others"] == 3


TEXTS = ["", "a", "ä日😀", "'", "''", "\\", "\\'", "%", "%s", "%(x)s", "$1", "E'", "a\nb", "--"]


@pytest.mark.parametrize("text", TEXTS)
def test_literal(owner: Owner, text: str) -> None:
    """Constants of every kind mean what they are, in a list as well."""
    for value in (text, [text], [text, "x"]):
        statement = compile_statement(Select([], [Value(value, converter=False, unpack=False)]))
        assert statement.slots == ()
        assert owner.rows(statement.sql.replace("%%", "%")) == [(value,)]


def test_literal_before_the_first_connection() -> None:
    """A process that has not been connected yet quotes as others do."""
    code = (
        "from peewee import Select, Value;"
        "from sparx_core.db.statements import compile_statement;"
        "print(compile_statement(Select([], [Value('a' + chr(92) + 'b')])).sql)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()
    assert told == compile_statement(Select([], [Value("a\\b")])).sql
