"""Random questions for the lists of the shop, as they are asked and as they are meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st

from .expected.lists import FILTERS, SORTS, Asked, Filtered
from .expected.resources import FIELDS, Link, Tenant, names_of
from .world import TEXTS

KINDS = ("products", "products", "products", "categories", "reviews", "perks")
PATHS = {
    "products": "/v1/shop/products",
    "categories": "/v1/shop/categories",
    "reviews": "/v1/shop/reviews",
    "perks": "/v1/perks/perks",
    "safes": "/v1/vault/safes",
}
LOCALES = {"de": ["de"], "de-AT": ["de-AT", "de"], "en": ["en"], "fr-CA": ["fr-CA", "fr"]}
MAX_DEPTH = 4


@dataclass(frozen=True)
class Question:
    """A list that is asked for."""

    kind: str
    fields: list[str] | None
    include: list[str]
    asked: list[Asked]
    words: list[str]
    sort: str | None
    take: int
    locale: str | None

    def params(self) -> dict[str, Any]:
        """The query string, without what tells the page."""
        found: dict[str, Any] = {"take": self.take}
        if self.fields is not None:
            found["fields"] = ",".join(self.fields)
        if self.include:
            found["include"] = ",".join(self.include)
        if self.words:
            found["q"] = " ".join(self.words)
        if self.sort is not None:
            found["sort"] = self.sort
        if self.locale is not None:
            found["locale"] = self.locale
        for one in self.asked:
            # "name=" and "name[eq]=" are the same.
            name = f"{one.name}[{one.operator}]" if one.operator != "eq" else one.name
            found[name] = written(one.value)
        return found


def written(value: Any) -> str:
    """A value in a query string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(written(one) for one in value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


@st.composite
def relations(draw: Any, kind: str, tenant: Tenant, depth: int) -> tuple[list[str], str]:
    """A way of at most ``depth`` relations, and the kind that it leads to."""
    path: list[str] = []
    for _ in range(depth):
        known = [n for n in names_of(kind, tenant) if isinstance(FIELDS[kind][n], Link)]
        if not known:
            break
        name = draw(st.sampled_from(known))
        path.append(name)
        kind = FIELDS[kind][name].kind  # type: ignore[union-attr]
    return path, kind


@st.composite
def field_paths(draw: Any, kind: str, tenant: Tenant) -> str:
    """A path to a field, to all of a level or, without either, to a relation."""
    path, end = draw(relations(kind, tenant, draw(st.integers(0, MAX_DEPTH))))
    names = [n for n in names_of(end, tenant) if not isinstance(FIELDS[end][n], Link)]
    last = draw(st.sampled_from([*names, "*", ""] if path else [*names, "*"]))
    return ".".join([*path, last] if last else path)


@st.composite
def conditions(draw: Any, kind: str, tenant: Tenant) -> Asked:
    """A filter with any operator and a value that occurs, or nearly does, or does not."""
    name = draw(st.sampled_from(sorted(FILTERS[kind])))
    found = FILTERS[kind][name]
    operator = draw(st.sampled_from(found.operators))
    value = values(tenant, kind, found)
    if operator == "exists":
        return Asked(name, operator, draw(st.booleans()))
    if operator in ("in", "nin"):
        separable = value.filter(lambda one: "," not in str(one))
        return Asked(name, operator, draw(st.lists(separable, min_size=1, max_size=4)))
    if operator == "startsWith":
        prefix = draw(value)
        return Asked(name, operator, prefix[: draw(st.integers(1, 3))])
    if operator == "contains" and found.kind == "text":
        return Asked(name, operator, draw(words()))
    return Asked(name, operator, draw(value))


def values(tenant: Tenant, kind: str, found: Filtered) -> st.SearchStrategy[Any]:
    """Values of a column that occur, and others."""
    known = [row[found.column] for row in tenant.by_kind[kind] if row[found.column] is not None]
    if found.kind == "time":  # to the second, as they are shown
        known = [time.replace(microsecond=0) for time in known]
    if found.kind == "texts":
        known = [text for texts in known for text in texts]
    other: st.SearchStrategy[Any]
    if found.kind in ("text", "texts"):
        other = st.sampled_from(TEXTS).map(str.strip)
        if found.column == "currency":
            other = st.sampled_from(["USD", "EUR"])
    elif found.kind == "id":
        other = st.just(uuid4())
    elif found.kind == "time":
        other = st.sampled_from(known).map(lambda time: time + timedelta(seconds=1))
    elif found.column in ("price", "cost", "unit_price"):
        other = st.sampled_from([Decimal("0.0001"), Decimal(99), Decimal("5.5")])
    elif found.kind == "number":
        other = st.integers(1, 5)
    else:
        return st.sampled_from(known)
    return st.sampled_from(known) | other


def words() -> st.SearchStrategy[str]:
    """A word, or a piece of one, in either case."""

    def piece(text: str, begin: int, length: int, upper: bool) -> str:
        cut = text[begin % len(text) :][:length]
        return cut.upper() if upper else cut

    made = st.builds(
        piece, st.sampled_from(TEXTS), st.integers(0, 3), st.integers(1, 6), st.booleans()
    )
    return made.map(lambda text: (text.split() or ["x"])[0])


@st.composite
def questions(draw: Any, tenant: Tenant) -> Question:
    """Any list of the shop."""
    kinds = [kind for kind in KINDS if kind != "perks" or tenant.perks]
    kind = draw(st.sampled_from(kinds))
    some = st.integers(0, 3)
    fields = None
    if draw(st.booleans()):
        fields = [draw(field_paths(kind, tenant)) for _ in range(1 + draw(some))]
    include = []
    for _ in range(draw(some)):
        path, _ = draw(relations(kind, tenant, draw(st.integers(1, MAX_DEPTH))))
        include += [".".join(path)] if path else []
    asked = [draw(conditions(kind, tenant)) for _ in range(draw(some))]
    return Question(
        kind,
        fields,
        include,
        list({(one.name, one.operator): one for one in asked}.values()),
        draw(
            st.just([]) | st.lists(words(), max_size=3) | st.integers(0, 50).map(lambda n: [str(n)])
        ),
        draw(st.none() | st.sampled_from([s + n for n in SORTS[kind] for s in ("", "-")])),
        draw(st.sampled_from([1, 2, 3, 7, 20, 50])),
        draw(st.none() | st.sampled_from(sorted(LOCALES))),
    )
