"""Rules as SQL mean what they mean read naively, one customer after the other, in Python."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparx_core.auth.keys import parse_key
from sparx_core.context import Context
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, NewTenant, Owner
from sparx_crm.segments.membership import CUSTOMERS, matching
from sparx_crm.segments.rules import read_rules

NOW = datetime(2026, 6, 15, 12, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OWNER, ACCOUNT = (f"00000000-0000-7000-8000-00000000000{n}" for n in (1, 2))


def at(days: float) -> datetime:
    return NOW - days * DAY


#: What there is of each customer; what is not said is missing, or what a new customer has.
PEOPLE: list[dict[str, Any]] = [
    {"name": "Nobody"},
    {"name": "Ann", "email": "ann@example.com", "type": "b2b", "tags": ["vip", "a b"]},
    {"name": "ÅSA 100%", "company": "Straße_1", "lifecycle_stage": "lead", "tags": ["VIP"]},
    {"name": "Bob", "order_count": 3, "total_spent": 5000, "last_order_at": at(90)},
    {"name": "Cid", "order_count": 1, "total_spent": 4999.99, "last_order_at": at(89.9)},
    {"name": "Dee", "last_order_at": at(0), "first_order_at": at(400), "do_not_contact": True},
    {"name": "Eve", "created_at": at(30), "last_order_at": at(90.1), "locale": "de"},
    {"name": "Fay", "created_at": at(-1), "account": True, "consent": "granted"},
    {"name": "Gus", "created_at": at(29), "consent": "withdrawn", "company": "ann"},
]
DEFAULTS = {
    "type": "prospect",
    "tags": [],
    "do_not_contact": False,
    "order_count": 0,
    "total_spent": 0,
    "created_at": at(10),
}


# -- the naive reading -------------------------------------------------------------------------


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def value_of(field: str, who: dict[str, Any]) -> Any:
    group, _, name = field.partition(".")
    if group == "consent":
        return who.get("consent") if field == "consent.email.marketing" else None
    if group == "account":
        found = {"name": "Åcme", "employees": 7, "tags": ["gold"], "id": ACCOUNT}
        return found.get(name) if who.get("account") else None
    known = {**DEFAULTS, **who}
    if name.startswith("daysSince"):
        when = known.get("created_at" if name.endswith("Created") else "last_order_at")
        return None if when is None else (NOW - when) // DAY
    snake = "".join(f"_{one.lower()}" if one.isupper() else one for one in name)
    return known.get(snake)


def plain(field: str, value: Any) -> Any:
    """A value of a rule, as it is compared."""
    if isinstance(value, list):
        return [plain(field, one) for one in value]
    if field.endswith("At") and isinstance(value, str):
        if len(value) == 10:
            value += "T00:00:00Z"
        return datetime.fromisoformat(value)
    return value


def holds(rule: dict[str, Any], who: dict[str, Any]) -> bool:
    if rule["kind"] == "not":
        return not holds(rule["child"], who)
    if rule["kind"] == "and":
        return all(holds(one, who) for one in rule["children"])
    if rule["kind"] == "or":
        return any(holds(one, who) for one in rule["children"])
    op, found = rule["op"], value_of(rule["field"], who)
    opposites = {"neq": "eq", "not_in": "in", "not_contains": "contains", "is_not_null": "is_null"}
    if op in opposites:
        return not holds({**rule, "op": opposites[op]}, who)
    if op == "is_null":
        return found is None or found == []
    if found is None:
        return False
    value = plain(rule["field"], rule["value"])
    days = timedelta(days=value) if "days" in op else DAY
    if isinstance(found, list):
        return value in found if op == "contains" else any(one in found for one in value)
    if isinstance(found, float):
        found = Decimal(str(found))
    compared: dict[str, Callable[[], bool]] = {
        "eq": lambda: bool(found == value),
        "in": lambda: found in value,
        "contains": lambda: folded(value) in folded(found),
        "gt": lambda: bool(found > value),
        "gte": lambda: bool(found >= value),
        "lt": lambda: bool(found < value),
        "lte": lambda: bool(found <= value),
        "between": lambda: bool(value[0] <= found <= value[1]),
        "in_last_days": lambda: bool(NOW - days <= found <= NOW),
        "before_last_days": lambda: bool(found < NOW - days),
        "in_next_days": lambda: bool(NOW <= found <= NOW + days),
    }
    return compared[op]()


# -- rules -------------------------------------------------------------------------------------

NUMBERS = st.sampled_from([0, 1, 2, 3, 7, 29, 30, 89, 90, 400, Decimal("4999.99"), 5000])
TEXTS = st.sampled_from(["ann", "Ann", "ANN", "å", "Åsa", "100%", "_", "e", "de", "straße_1"])
TAGS = st.sampled_from(["vip", "VIP", "a b", "gold", "none"])
TIMES = st.sampled_from([
    "2026-06-15T12:00:00Z", "2026-05-16T12:00:00Z", "2026-03-17T12:00:00Z", "2026-06-05",
    "2025-05-11T12:00:00Z", "2026-06-16T12:00:00Z",
])  # fmt: skip
DAYS = st.sampled_from([0, 1, 29, 30, 89, 90, 91, 400])
LISTED = ("eq", "neq", "in", "not_in", "is_null", "is_not_null")
ORDERED = ("gt", "gte", "lt", "lte", "between")
BY_DAYS = ("in_last_days", "before_last_days", "in_next_days")
TIMED = ("eq", "neq", "is_null", "is_not_null", *ORDERED, *BY_DAYS)
FIELDS = [
    (("customer.name", "customer.email", "customer.company", "customer.locale", "account.name"),
     (*LISTED, "contains", "not_contains"), TEXTS),
    (("customer.type",), LISTED, st.sampled_from(["prospect", "retail", "b2b"])),
    (("customer.lifecycleStage",), LISTED, st.sampled_from(["lead", "customer"])),
    (("consent.email.marketing", "consent.sms.marketing"), LISTED,
     st.sampled_from(["granted", "withdrawn"])),
    (("customer.orderCount", "customer.totalSpent", "customer.daysSinceLastOrder",
      "customer.daysSinceCreated", "account.employees"), (*LISTED, *ORDERED), NUMBERS),
    (("customer.createdAt", "customer.firstOrderAt", "customer.lastOrderAt"), TIMED, TIMES),
    (("customer.doNotContact",), ("eq", "neq", "is_null", "is_not_null"), st.booleans()),
    (("customer.tags", "account.tags"),
     ("contains", "not_contains", "in", "not_in", "is_null", "is_not_null"), TAGS),
    (("account.id",), LISTED, st.sampled_from([ACCOUNT, OWNER])),
]  # fmt: skip


@st.composite
def predicates(draw: Any) -> dict[str, Any]:
    names, operators, values = draw(st.sampled_from(FIELDS))
    rule = {
        "kind": "predicate",
        "field": draw(st.sampled_from(names)),
        "op": draw(st.sampled_from(operators)),
    }
    if rule["op"] in BY_DAYS:
        rule["value"] = draw(DAYS)
    elif rule["op"] == "between":
        pair = draw(st.lists(values, min_size=2, max_size=2))
        rule["value"] = sorted(pair, key=lambda one: plain("At", one + "T00:00:00Z"
                               if isinstance(one, str) and len(one) == 10 else one))  # fmt: skip
    elif rule["op"] in ("in", "not_in"):
        rule["value"] = draw(st.lists(values, min_size=1, max_size=3))
    elif not rule["op"].startswith("is_"):
        rule["value"] = draw(values)
    return rule


RULES = st.recursive(
    predicates(),
    lambda rules: st.one_of(
        rules.map(lambda one: {"kind": "not", "child": one}),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(rules, min_size=1, max_size=3)).map(
            lambda two: {"kind": two[0], "children": two[1]}
        ),
    ),
    max_leaves=4,
)

# -- both ---------------------------------------------------------------------------------------


@pytest.fixture
def people(
    api: Api, owner: Owner, create_customer: Callable[..., Any]
) -> dict[UUID, dict[str, Any]]:
    """The customers in the database, by their ids."""
    found: dict[UUID, dict[str, Any]] = {}
    for who in PEOPLE:
        row_id = create_customer(who["name"])["id"]
        found[UUID(row_id)] = who
        for column, value in ({**DEFAULTS, **who}).items():
            if column in ("account", "consent"):
                continue
            stored = int(Decimal(str(value)) * 10_000) if column == "total_spent" else value
            owner.execute(f"UPDATE crm.customers SET {column} = %s WHERE id = %s", stored, row_id)
        if "consent" in who:
            # The last word counts.
            for state, days in ((who["consent"], 1), ("granted", 9), ("withdrawn", 8)):
                owner.execute(
                    "INSERT INTO crm.consents (tenant_id, id, customer_id, channel, purpose, state,"
                    " source, occurred_at) SELECT tenant_id, gen_random_uuid(), id, 'email',"
                    " 'marketing', %s, 'api', %s FROM crm.customers WHERE id = %s",
                    state, at(days), row_id,
                )  # fmt: skip
        if who.get("account"):
            owner.execute(
                "INSERT INTO crm.accounts (tenant_id, id, name, employees, tags)"
                " SELECT tenant_id, %s, 'Åcme', 7, '{gold}' FROM crm.customers WHERE id = %s",
                ACCOUNT, row_id,
            )  # fmt: skip
            owner.execute("UPDATE crm.customers SET account_id = %s WHERE id = %s", ACCOUNT, row_id)
    return found


def told(ctx: Context, rule: Any) -> set[UUID]:
    rows = CUSTOMERS.select(CUSTOMERS.c.id).where(matching(read_rules(ctx, rule), NOW, ctx.today()))
    return {row_id for (row_id,) in ctx.all(rows.tuples())}


def test_sql_and_python_agree(
    people: dict[UUID, dict[str, Any]], installation: Runtime, tenant: NewTenant
) -> None:
    with installation.as_key(parse_key(tenant.api_key), read_only=True) as ctx:

        @settings(
            max_examples=30,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        )
        @given(rule=RULES)
        def agree(rule: dict[str, Any]) -> None:
            expected = {row_id for row_id, who in people.items() if holds(rule, who)}
            assert told(ctx, rule) == expected, rule

        agree()


@pytest.mark.parametrize(
    ("op", "value", "names"),
    [
        ("neq", "de", {"Nobody", "Ann"}),
        ("eq", "de", {"Eve"}),
        ("not_in", ["de"], {"Nobody", "Ann"}),
        ("not_contains", "d", {"Nobody", "Ann"}),
        ("is_null", None, {"Nobody", "Ann"}),
    ],
)
def test_what_is_missing(
    people: dict[UUID, dict[str, Any]],
    installation: Runtime,
    tenant: NewTenant,
    op: str,
    value: Any,
    names: set[str],
) -> None:
    rule = {"kind": "predicate", "field": "customer.locale", "op": op}
    rule |= {} if value is None else {"value": value}
    with installation.as_key(parse_key(tenant.api_key), read_only=True) as ctx:
        found = {people[one]["name"] for one in told(ctx, rule)}
        opposite = {people[one]["name"] for one in told(ctx, {"kind": "not", "child": rule})}
    assert names <= found
    assert ("Eve" in found) is (op == "eq")
    assert found.isdisjoint(opposite)
    assert len(found | opposite) == len(PEOPLE)
