"""Recording what statements change: a trigger function of each table that is audited.

It is generated from the declarations, as counts and searches are, and runs as the owner, who
alone writes to ``core.audit_entries``. Whoever writes is recorded: an operation, a handler, SQL of
a module, a cascade, an operator. A statement adds a row a resource that it changed, or one for the
rows of a list that belong to it, all of them in one INSERT.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from peewee import PostgresqlDatabase

#: The triggers of an audited table: which rows of the statement each hands to the function.
TRIGGERS = {
    "audit_insert": ("INSERT", "NEW TABLE AS new_rows"),
    "audit_update": ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
    "audit_delete": ("DELETE", "OLD TABLE AS old_rows"),
}
#: A call of a function takes at most 100 arguments.
_ARGUMENTS = 50
_SAME_ROW = "old_rows o FULL JOIN new_rows n ON n.tenant_id = o.tenant_id AND n.id = o.id"


@dataclass(frozen=True)
class AuditedValue:
    """A field by its wire name: SQL of its wire form in the rows ``o`` and ``n``, before and after.

    ``stored`` are the columns, if those tell whether it differs. Of a ``sensitive`` one it is only
    told that it does.
    """

    name: str
    before: str
    after: str
    stored: tuple[str, str] | None = None
    sensitive: bool = False

    @property
    def differs(self) -> str:
        # As text where the type may have no equality, such as json.
        before, after = self.stored or (f"({self.before})::text", f"({self.after})::text")
        return f"{before} IS DISTINCT FROM {after}"

    def only(self, row: str) -> str:
        """SQL of the change that only one of the rows has; NULL if it has no value there."""
        value = self.after if row == "n" else self.before
        if self.sensitive:
            return f"CASE WHEN ({value}) IS NOT NULL THEN {_told(self.name)} END"
        shown = f"to_json({value})::text"
        if row == "n":
            return f"{_opened(self.name)} || 'null,\"after\":' || {shown} || '}}'"
        return f"{_opened(self.name)} || {shown} || ',\"after\":null}}'"

    def changed(self) -> str:
        """SQL of the change from one row to the other; NULL if there is none."""
        told = _told(self.name)
        if not self.sensitive:
            told = (
                f"{_opened(self.name)} || coalesce(to_json({self.before})::text, 'null')"
                f" || ',\"after\":' || coalesce(to_json({self.after})::text, 'null') || '}}'"
            )
        return f"CASE WHEN {self.differs} THEN {told} END"


@dataclass(frozen=True)
class AuditedRows:
    """The rows of a resource."""

    resource: str
    values: tuple[AuditedValue, ...]

    def inserted(self) -> str:
        return self._entries("'created'", *_of("n", "new_rows n", self._all("n")))

    def deleted(self) -> str:
        return self._entries("'deleted'", *_of("o", "old_rows o", self._all("o")))

    def updated(self) -> str:
        action = (
            "CASE WHEN c.is_new THEN 'created' WHEN c.is_gone THEN 'deleted' ELSE 'updated' END"
        )
        columns = ", ".join(f"coalesce(n.{one}, o.{one}) AS {one}" for one in _KEY)
        columns += ", o.id IS NULL AS is_new, n.id IS NULL AS is_gone"
        changes = _joined([one.changed() for one in self.values])
        # A changed id makes another row of it; otherwise nothing that shows is nothing to tell.
        told = "c.changes <> '' OR c.is_new OR c.is_gone"
        return self._entries(action, columns, _SAME_ROW, changes, told)

    def _all(self, row: str) -> str:
        return _joined([one.only(row) for one in self.values])

    def _entries(
        self, action: str, columns: str, rows: str, changes: str, told: str = "true"
    ) -> str:
        source = f"(SELECT {columns}, {changes} AS changes, {_NOW} FROM {rows}) c"
        return _insert(action, self.resource, source, told)


_KEY = ("tenant_id", "id", "version")


def _of(row: str, rows: str, changes: str) -> tuple[str, str, str]:
    return ", ".join(f"{row}.{one}" for one in _KEY), rows, changes


@dataclass(frozen=True)
class AuditedList:
    """Rows that a resource shows as its list ``name``, such as the items of an order.

    ``parents`` are (table, column that refers to it), from the row up to the resource: ``p1`` is
    its parent, and so on. ``order`` is the column that the list is ordered by.
    """

    resource: str
    name: str
    parents: tuple[tuple[str, str], ...]
    order: str
    values: tuple[AuditedValue, ...]
    sensitive: bool = False

    def inserted(self) -> str:
        return self._entries([self._side("n", "new_rows n")])

    def deleted(self) -> str:
        return self._entries([self._side("o", "old_rows o")])

    def updated(self) -> str:
        columns = [f"{{}}.{one}" for one in (self.order, self.parents[0][1])]
        tests = [one.differs for one in self.values if one.stored]
        tests += [f"{one.format('o')} IS DISTINCT FROM {one.format('n')}" for one in columns]
        # What is shown in another form than it is stored in depends on parents, and is compared
        # through the columns behind it as well.
        tests += ["o.id IS NULL", "n.id IS NULL"]
        rendered = [one for one in self.values if not one.stored]
        tests += [one.differs for one in rendered]
        differs = " OR ".join(tests)
        return self._entries(
            [self._side(row, _SAME_ROW, f"{row}.id IS NOT NULL AND ({differs})") for row in "on"]
        )

    def _side(self, row: str, rows: str, where: str = "true") -> str:
        """The rows of one side of the change, each with the resource that it belongs to."""
        joins, child = "", row
        for number, (table, column) in enumerate(self.parents, 1):
            joins += (
                f" LEFT JOIN {table} p{number} ON p{number}.tenant_id = {row}.tenant_id"
                f" AND p{number}.id = {child}.{column}"
            )
            owner, child = f"{child}.{column}", f"p{number}"
        shown = ", ".join(
            f'{one.after if row == "n" else one.before} AS "{one.name}"'
            for one in self.values
            if not one.sensitive
        )
        body = f"(SELECT row_to_json(r) FROM (SELECT {shown}) r)"
        before, after = ("NULL::json", body) if row == "n" else (body, "NULL::json")
        return (
            f"SELECT {row}.tenant_id, {owner} AS id, {child}.version, {row}.{self.order} AS place,"
            f" {before} AS was, {after} AS became FROM {rows}{joins} WHERE {where}"
        )

    def _entries(self, sides: Sequence[str]) -> str:
        was, became = (
            f"coalesce(json_agg(s.{one} ORDER BY s.place) FILTER (WHERE s.{one} IS NOT NULL),"
            " '[]')::text"
            for one in ("was", "became")
        )
        told = f"{_opened(self.name)} || {was} || ',\"after\":' || {became} || '}}'"
        changes = _told(self.name) if self.sensitive else told
        source = (
            f"(SELECT s.tenant_id, s.id, max(s.version) AS version, {changes} AS changes, {_NOW}"
            f" FROM ({' UNION ALL '.join(sides)}) s GROUP BY s.tenant_id, s.id) c"
        )
        # Without an id: the row between this one and the resource went in the same statement.
        return _insert("'updated'", self.resource, source, "c.id IS NOT NULL")


@dataclass(frozen=True)
class AuditedTable:
    """A table with what its rows are in the API, in most cases one resource."""

    table: str
    parts: tuple[AuditedRows | AuditedList, ...]

    @property
    def module(self) -> str:
        return self.table.partition(".")[0]

    @property
    def function(self) -> str:
        return f"{self.module}.audit_{self.table.partition('.')[2]}"

    def definition(self) -> str:
        """The trigger function. Only the worker that puts a module's rows into the archive, or
        back, passes it unrecorded: the context that core.open_module signs says so.
        """
        inserted, updated, deleted = (
            ";\n        ".join(statements)
            for statements in zip(
                *((one.inserted(), one.updated(), one.deleted()) for one in self.parts),
                strict=True,
            )
        )
        return f"""
CREATE OR REPLACE FUNCTION {self.function}() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    acting_tenant uuid := core.verified_tenant('core');
    acting text := CASE WHEN acting_tenant IS NULL THEN core.system_actor()
                        ELSE current_setting('sparx.actor') END;
    acting_by_id boolean := acting ~ '^(key|user|link):';
    acting_operation text := left(nullif(current_setting('sparx.operation', true), ''), 255);
    acting_request text := left(nullif(current_setting('sparx.request_id', true), ''), 255);
BEGIN
    IF acting_tenant IS NOT NULL
       AND position(',moving:{self.module},' IN current_setting('sparx.modules')) > 0 THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        {inserted};
    ELSIF TG_OP = 'UPDATE' THEN
        {updated};
    ELSE
        {deleted};
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION {self.function}() FROM PUBLIC;
"""

    def triggers(self) -> Iterator[str]:
        for name, (event, rows) in TRIGGERS.items():
            yield f"DROP TRIGGER IF EXISTS {name} ON {self.table}"
            yield (
                f"CREATE TRIGGER {name} AFTER {event} ON {self.table} REFERENCING {rows}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {self.function}()"
            )


def install_audit(
    database: PostgresqlDatabase, audited: Iterable[AuditedTable], tables: Iterable[str]
) -> None:
    """Bring functions and triggers of audited tables up to date; others of ``tables`` have none."""
    recorded = {one.table: one for one in audited}
    for table in tables:
        present = _present(database, table)
        one = recorded.get(table)
        if one is None:
            for name in present:
                database.execute_sql(f"DROP TRIGGER {name} ON {table}")
        elif present != sorted(TRIGGERS) or not _is_current(database, one):
            _install(database, one)


def _install(database: PostgresqlDatabase, one: AuditedTable) -> None:
    definition = one.definition()
    with database.atomic():
        # Not through execute_sql's parameters: the script may have percent signs of its own.
        database.connection().cursor().execute(definition)
        for statement in one.triggers():
            database.execute_sql(statement)
        database.execute_sql(f"COMMENT ON FUNCTION {one.function}() IS '{_digest(definition)}'")


def _present(database: PostgresqlDatabase, table: str) -> list[str]:
    rows = database.execute_sql(
        "SELECT tgname::text FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = ANY(%s)"
        " AND tgenabled = 'O' ORDER BY 1",
        (table, list(TRIGGERS)),
    ).fetchall()
    return [name for (name,) in rows]


def _is_current(database: PostgresqlDatabase, one: AuditedTable) -> bool:
    found = database.execute_sql(
        "SELECT obj_description(to_regprocedure(%s), 'pg_proc')", (f"{one.function}()",)
    ).fetchone()
    return bool(found == (_digest(one.definition()),))


def _digest(definition: str) -> str:
    return f"sparx: {sha256(definition.encode()).hexdigest()}"


#: The time of an entry: that in its id is the same, so that one index serves both.
_NOW = "clock_timestamp() AS at"
#: UUIDv7 as sparx_core.ids makes it, to a microsecond: 48 bits of milliseconds and 12 of their
#: fraction are microseconds times 4.096; then the variant and 60 random bits of a UUIDv4. Written
#: out, because calling a function for each row would cost more than the rest of the entry.
_NEW_ID = (
    "(overlay(lpad(to_hex((date_part('epoch', c.at) * 1000000)::bigint * 512 / 125),"
    " 15, '0') PLACING '7' FROM 13 FOR 0) || substr(gen_random_uuid()::text, 20))::uuid"
)


def _insert(action: str, resource: str, source: str, told: str) -> str:
    # A row's tenant is that of the context, which was verified for the statement and may have been
    # changed since; if it is not, only the system may have written it.
    return f"""INSERT INTO core.audit_entries (tenant_id, id, created_at, action, resource,
               resource_id, resource_version, changes, actor_type, actor_id, actor_name,
               operation, request_id)
        SELECT CASE WHEN c.tenant_id = acting_tenant
                         OR (acting_tenant IS NULL AND acting IS NOT NULL)
                    THEN c.tenant_id ELSE core.refuse_entry() END,
               {_NEW_ID},
               c.at, {action}, '{resource}', c.id, c.version,
               ('{{' || c.changes || '}}')::json, split_part(acting, ':', 1),
               CASE WHEN acting_by_id THEN split_part(acting, ':', 2)::uuid END,
               CASE WHEN NOT acting_by_id THEN substr(acting, position(':' IN acting) + 1) END,
               acting_operation, acting_request
          FROM {source} WHERE {told}"""


def _joined(pieces: Sequence[str]) -> str:
    """SQL of the pieces that are not NULL, with commas between them."""
    if not pieces:
        return "''"
    if len(pieces) <= _ARGUMENTS:
        return f"concat_ws(',', {', '.join(pieces)})"
    some, rest = pieces[:_ARGUMENTS], pieces[_ARGUMENTS:]
    return f"concat_ws(',', nullif({_joined(some)}, ''), nullif({_joined(rest)}, ''))"


def _opened(name: str) -> str:
    return _quoted(f'{json.dumps(name)}:{{"before":')


def _told(name: str) -> str:
    return _quoted(f'{json.dumps(name)}:{{"changed":true}}')


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
