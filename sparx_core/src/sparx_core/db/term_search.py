"""Searching a table by words that its module takes apart itself, under row-level security.

The model says that it is ``searched`` and has a ``TextArrayField`` called ``terms``. Its function
runs as the owner, and finds by an index the ids of one tenant's rows whose terms, marked by
``core.search_marks``, answer a query; the module's SQL joins them to what the policy lets it see.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from peewee import PostgresqlDatabase

from sparx_core.db.search import install_function


@dataclass(frozen=True)
class TermSearch:
    """The function of a table, ``crm.find_notes(query tsquery)``, and its index."""

    module: str
    table: str

    @property
    def name(self) -> str:
        schema, _, table = self.table.partition(".")
        return f"{schema}.find_{table}"

    @property
    def signature(self) -> str:
        return f"{self.name}(tsquery)"

    def definition(self) -> str:
        """The words of ``query`` begin with the tenant's mark; others find nothing."""
        return f"""
CREATE OR REPLACE FUNCTION {self.name}(query tsquery) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := core.verified_tenant('{self.module}');
BEGIN
    IF tenant IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT r.id FROM {self.table} r
     WHERE core.search_marks(r.tenant_id, r.terms) @@ query AND NOT uuid_ne(r.tenant_id, tenant);
END
$$;
REVOKE ALL ON FUNCTION {self.signature} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {self.signature}
TO sparx_app;
"""


def install_term_searches(database: PostgresqlDatabase, searches: Iterable[TermSearch]) -> None:
    """Bring the indexes and functions of tables that are searched by terms up to date."""
    for one in searches:
        # Entries at once: what waits in a list of pending ones is read through by each search.
        database.execute_sql(
            f"CREATE INDEX IF NOT EXISTS {one.table.partition('.')[2]}_marks_idx ON {one.table}"
            " USING gin (core.search_marks(tenant_id, terms)) WITH (fastupdate = off)"
        )
        install_function(database, one.signature, one.definition())
