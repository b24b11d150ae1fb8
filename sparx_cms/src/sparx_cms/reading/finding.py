"""How lists that are narrowed by a field find entries: by the rows that are kept of its values.

The documents of entries are compared by no index (:mod:`sparx_core.db.fields`). So what a document
holds is in ``cms.field_values`` as well, as text.
"""

from __future__ import annotations

from typing import Any

from peewee import SQL, Cast, Function, NodeList

from sparx_cms.reading.lens import EntryLens
from sparx_core import DocumentCondition, Found, Scope, slot

#: Characters of a text that are kept: ``cms.value_key`` cuts it there.
_KEPT = SQL("100")
_SIGNS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_NUMBER, _TEXT = "number", "text"


def found_by_value(
    key: str, localized: bool, row: Scope, condition: DocumentCondition
) -> Found | None:
    """The entries that have a value of a field which a condition wants, in a language that is
    looked at. It is the one that counts if no other is, and no more of it than is kept.
    """
    field = Cast(slot(("entry field", key)), "text")
    compared = _compared(condition, field)
    if compared is None:
        return None
    lens = row.lens
    assert isinstance(lens, EntryLens)
    places: list[Any] = [Cast(slot(("entry chain", place)), "text") for place in range(lens.depth)]
    if not lens.live and not localized:
        places = [SQL("'*'")]
    stage = "live" if lens.live else "draft"
    rows = (
        SQL(f"""IN (SELECT "_v"."entry_id" FROM cms.field_values AS "_v"
        WHERE "_v"."stage" = '{stage}' AND"""),
        _among(places),
    )
    sql = NodeList((row.column("id"), *rows, *compared, SQL(")")))
    return Found(sql, exact=len(places) == 1 and condition.on.how != _TEXT)


def _among(places: list[Any]) -> Any:
    if len(places) == 1:
        return NodeList((SQL('"_v"."locale" ='), places[0]))
    return NodeList((SQL('"_v"."locale" = ANY (ARRAY['), NodeList(places, glue=", "), SQL("])")))


def _compared(condition: DocumentCondition, field: Any) -> list[Any] | None:
    """SQL that what is kept answers: a range of terms of one field. None for a condition that looks
    at what is not there, or into texts.
    """
    operator = condition.operator
    if condition.on.many:
        wanted = operator == "contains"
        return _term("=", field, _key(condition, condition.slot())) if wanted else None
    if operator == "eq":
        return _term("=", field, _key(condition, condition.slot()))
    if operator == "in":
        each = Cast(condition.slot(), "text[]")
        keys = NodeList(
            (
                SQL("ARRAY(SELECT"),
                field,
                SQL("|| '=' ||"),
                _key(condition, SQL("_w")),
                SQL("FROM unnest("),
                each,
                SQL(") AS _w)"),
            )
        )
        return [SQL('AND "_v"."term" = ANY ('), keys, SQL(")")]
    if operator in ("lt", "lte"):
        below = _term(_SIGNS[operator], field, _key(condition, condition.slot()))
        return [*_term(">=", field), *below]
    if operator in ("gt", "gte"):
        above = _term(_SIGNS[operator], field, _key(condition, condition.slot()))
        return [*above, *_end(field)]
    if operator == "startsWith":
        above = _term(">=", field, _key(condition, condition.slot("from")))
        if condition.value[1] is None:
            return [*above, *_end(field)]
        return [*above, *_term("<", field, Cast(condition.slot("to"), "text"))]
    return None


def _term(sign: str, field: Any, key: Any = None) -> list[Any]:
    head = [SQL(f'AND "_v"."term" {sign} ('), field, SQL("|| '='")]
    return [*head, SQL(")")] if key is None else [*head, SQL("||"), key, SQL(")")]


def _end(field: Any) -> list[Any]:
    """Before all terms of the next field: ``>`` follows ``=``."""
    return [SQL('AND "_v"."term" < ('), field, SQL("|| '>')")]


def _key(condition: DocumentCondition, asked: Any) -> Any:
    return kept_as(condition.on.how, asked)


def kept_as(how: str, value: Any) -> Any:
    """A value in the form in which values are kept."""
    if how == _NUMBER:
        return Function("cms.number_key", (Cast(value, "numeric"),))
    return Function("left", (Cast(value, "text"), _KEPT))
