"""What an operation asks for becomes one statement, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core import Context, NotFound, VersionConflict
from sparx_core.testing import Api, Owner, StatementLog
from sparx_core.transaction import Answer
from sparx_core.write import Changed, Deleted, Inserted, gather, positions_of, shape_of

from ..probe.declared import (
    Control,
    Note,
    Probe,
    probes,
)
from .conftest import Transaction

Watch = Callable[[], AbstractContextManager[None]]
PATH = "/v1/probe/probes"


# -- shapes ----------------------------------------------------------------------------------------


def test_shape_does_not_depend_on_values_or_the_number_of_rows() -> None:
    one = [Inserted(Note, [Note(text="a")])]
    many = [Inserted(Note, [Note(text=str(number)) for number in range(100)])]
    assert shape_of(one) == shape_of(many)


def test_shape_does_not_depend_on_how_many_rows_take_a_number() -> None:
    some, many = ([Inserted(Probe, [Probe(name="a")] * count)] for count in (2, 100))
    assert shape_of(some) == shape_of(many)


def test_writes_of_alike_rows_are_gathered() -> None:
    rows = [Probe(name=name) for name in "abc"]
    changes = [Changed(Probe, [row], [{"name": "x"}]) for row in rows[:2]]
    other = Changed(Probe, [rows[2]], [{"code": "x"}])
    gathered = gather([changes[0], other, changes[1]])
    assert gathered == [Changed(Probe, rows[:2], [{"name": "x"}] * 2), other]
    assert len(changes[0].rows) == 1, "what was asked for is left as it is"


@pytest.mark.parametrize(
    "writes",
    [
        [Inserted(Probe, [Probe(name="a", code="b")])],
        [Inserted(Note, [Note(text="a")])],
        [Changed(Probe, [Probe(name="a")], [{"name": "b"}])],
        [Deleted(Probe, [Probe(name="a")])],
        [Inserted(Probe, [Probe(name="a")]), Inserted(Note, [Note(text="a")])],
        [],
    ],
)
def test_shape_depends_on_what_is_written(writes: list[Any]) -> None:
    assert shape_of(writes) != shape_of([Inserted(Probe, [Probe(name="a")])])


def test_write_is_found_by_the_very_row() -> None:
    rows = [Probe(name="a"), Probe(name="a")]
    rows[1].id = rows[0].id
    inserted = positions_of([Inserted(Note), Inserted(Probe, rows[:1])])
    assert inserted == {id(rows[0]): 1}
    assert positions_of([Changed(Probe, rows[1:], [{}])]) == {id(rows[1]): 0}


# -- one statement ---------------------------------------------------------------------------------


def test_creating_with_children_number_event_and_answer_is_one_statement(
    create_probe: Callable[..., Any],
    query_count: Callable[[], AbstractContextManager[StatementLog]],
) -> None:
    create_probe(notes=[{"text": "a"}])
    with query_count() as log:
        create_probe(notes=[{"text": "b"}, {"text": "c"}])
    assert log.count <= 3, log.statements  # BEGIN with authenticate; everything; COMMIT


def test_thousand_rows_are_one_statement(
    transaction: Transaction, query_count: Callable[[], AbstractContextManager[StatementLog]]
) -> None:
    def insert() -> None:
        with transaction() as ctx:
            probe = ctx.insert(Probe(name="parent"))
            ctx.insert_all(
                Note(probe=probe.id, position=number, text=str(number)) for number in range(1000)
            )

    insert()
    with query_count() as log:
        insert()
    assert log.count <= 3, log.statements


def test_reading_sees_what_was_written_before(transaction: Transaction) -> None:
    with transaction() as ctx:
        row = ctx.insert(Probe(name="a"))
        assert ctx.get(Probe, row.id).name == "a"
        ctx.update(row, name="b")
        assert [one.name for one in ctx.all(Probe.select())] == ["b"]
        ctx.delete(row)
        assert ctx.find(Probe, row.id) is None
        with pytest.raises(NotFound):
            ctx.get(Probe, row.id)


def test_order_of_different_writes_is_kept(transaction: Transaction, api: Api) -> None:
    with transaction() as ctx:
        first = ctx.insert(Probe(name="first", code="c"))
        ctx.delete(first)
        second = ctx.insert(Probe(name="second", code="c"))
        ctx.update(second, code="d")
        ctx.insert(Probe(name="third", code="c"))
    assert [(one["name"], one["code"]) for one in api.get(PATH).data] == [
        ("third", "c"),
        ("second", "d"),
    ]


def test_absent_columns_have_the_defaults_of_the_database(
    transaction: Transaction, owner: Owner
) -> None:
    with transaction() as ctx:
        row = ctx.insert(Probe(name="a"))
    ((version, content, code),) = owner.rows(
        "SELECT version, content, code FROM probe.probes WHERE id = %s", row.id
    )
    assert (version, content, code) == (1, {}, None)


def test_counted_rows_are_counted_in_order(transaction: Transaction, api: Api) -> None:
    with transaction() as ctx:
        for name in ("a", "b", "c"):
            ctx.insert(Probe(name=name))
    assert [(one["name"], one["number"]) for one in api.get(PATH).data] == [
        ("c", "3"),
        ("b", "2"),
        ("a", "1"),
    ]


# -- changes ---------------------------------------------------------------------------------------


def test_changes_of_one_row_are_merged(
    transaction: Transaction, create_probe: Callable[..., Any], api: Api
) -> None:
    made = create_probe()
    with transaction() as ctx:
        row = ctx.first(Probe.select())
        ctx.update(row, name="two")
        ctx.update(row, code="c")
        ctx.update(row, name="three")
        assert len(ctx.writes) == 1
    assert api.get(f"{PATH}/{made['id']}").data == {
        **made,
        "name": "three",
        "code": "c",
        "version": 2,
    }


def test_change_before_the_insert_was_sent_is_part_of_it(
    transaction: Transaction, api: Api
) -> None:
    with transaction() as ctx:
        row = ctx.insert(Probe(name="a"))
        ctx.update(row, name="b", code="c")
        assert len(ctx.writes) == 1
    (shown,) = api.get(PATH).data
    assert (shown["name"], shown["code"], shown["version"]) == ("b", "c", 1)


def test_change_without_a_difference_is_none(
    transaction: Transaction, create_probe: Callable[..., Any], nothing_written: Watch
) -> None:
    create_probe(code="c", content={"a": [1]})
    with nothing_written(), transaction() as ctx:
        row = ctx.first(Probe.select())
        ctx.update(row, name="one", code="c", content={"a": [1]}, parent=None)
        assert ctx.writes == []


def test_version_that_was_seen(
    transaction: Transaction, create_probe: Callable[..., Any], api: Api
) -> None:
    made = create_probe()
    api.patch(f"{PATH}/{made['id']}", {"name": "two"})
    with transaction() as ctx:
        row = ctx.first(Probe.select())
        ctx.check_version(row, None)
        ctx.check_version(row, 2)
        with pytest.raises(VersionConflict) as raised:
            ctx.check_version(row, 1)
        assert raised.value.details == {"version": 2}


# -- the answer shows the end ----------------------------------------------------------------------


def run(control: Control, api: Api, probe: Any, operation: Callable[..., Any]) -> Any:
    control.operation = operation
    return api.post(f"{PATH}/{probe['id']}/do").data


def test_answer_of_a_change(api: Api, control: Control, create_probe: Callable[..., Any]) -> None:
    made = create_probe(notes=[{"text": "a"}])

    def change(ctx: Context, row: Probe) -> Probe:
        return ctx.update(row, name="changed")

    answer = run(control, api, made, change)
    assert answer == {**made, "name": "changed", "version": 2}
    assert answer == api.get(f"{PATH}/{made['id']}").data


def test_answer_shows_children_added_to_an_old_row(
    api: Api, control: Control, create_probe: Callable[..., Any]
) -> None:
    made = create_probe(notes=[{"text": "a"}])

    def add(ctx: Context, row: Probe) -> Probe:
        ctx.insert(Note(probe=row.id, position=7, text="b"))
        return row

    assert run(control, api, made, add)["notes"] == [{"text": "a"}, {"text": "b"}]


def test_answer_shows_children_changed_and_gone(
    api: Api, control: Control, create_probe: Callable[..., Any]
) -> None:
    made = create_probe(notes=[{"text": "a"}, {"text": "b"}])

    def rearrange(ctx: Context, row: Probe) -> Probe:
        first, second = ctx.all(Note.select().where(Note.probe == row.id).order_by(Note.position))
        ctx.delete(first)
        ctx.update(second, text="c")
        ctx.update(row, name="rearranged")
        return row

    answer = run(control, api, made, rearrange)
    assert (answer["name"], answer["notes"]) == ("rearranged", [{"text": "c"}])


def test_answer_may_be_another_row(
    api: Api, control: Control, create_probe: Callable[..., Any]
) -> None:
    def copy(ctx: Context, row: Probe) -> Probe:
        made = ctx.insert(Probe(name=f"copy of {row.name}", parent=row.id))
        ctx.insert(Note(probe=made.id, position=0, text="copied"))
        return made

    made = create_probe(notes=[{"text": "a"}])
    answer = run(control, api, made, copy)
    assert (answer["name"], answer["parentId"]) == ("copy of one", made["id"])
    assert answer["notes"] == [{"text": "copied"}]
    assert answer["number"] == "2"


def test_answer_is_text_of_the_wire(transaction: Transaction, api: Api) -> None:
    with transaction() as ctx:
        row = ctx.insert(Probe(name="x"))
        rendered = ctx.finish(Answer(probes, row, ctx.views.whole(probes.key)))
    assert rendered is not None
    shown = api.get(f"{PATH}/{row.id}")
    assert shown.body == b'{"success":true,"data":' + rendered.text.encode() + b"}"
    assert rendered.version == 1
