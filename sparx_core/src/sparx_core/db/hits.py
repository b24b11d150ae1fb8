"""Searching several tables at once: for each a function that finds the best few rows, fast.

What ``db/search.py`` makes answers with all rows that match, which may be all of them. Here no more
than so many are ever looked at: the newest, and of all others some that the index finds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from peewee import PostgresqlDatabase

from sparx_core.db.search import Searched, install_function

#: Rows that are looked at because they match, of the newest ones, and of those that the index has.
CANDIDATES, NEWEST = 100, 300
#: Of the newest rows, so many that match say that the index has more than it is worth to read.
FREQUENT = 40


@dataclass(frozen=True)
class HitFunction:
    """The function of a resource. ``exact`` are text columns with an index of their own; ``owner``
    is the column of the member who owns a row.
    """

    name: str
    module: str
    searched: Searched
    exact: tuple[str, ...] = ()
    owner: str | None = None

    @property
    def signature(self) -> str:
        return f"{self.name}(text[], integer)"

    def definition(self) -> str:
        """``name(words, most)`` answers with the ids of the best ``most`` rows in which every word
        occurs, and how good each is: 100 is what was asked for, to the letter.
        """
        own = self.searched
        return f"""
CREATE OR REPLACE FUNCTION {self.name}(words text[], most integer)
RETURNS TABLE (id uuid, score integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    tenant uuid := core.verified_tenant('{self.module}');
    seen uuid[] := core.seen_owners();
    terms text[] := core.search_terms(tenant, array_to_string(words, ' '), NULL);
    patterns text[] := core.search_patterns(words);
    number bigint := core.search_number(words);
    phrase text := core.search_text(array_to_string(words, ' '));
    spelled text[] := ARRAY[array_to_string(words, ' '), lower(array_to_string(words, ' ')),
                            initcap(array_to_string(words, ' '))];
    candidates uuid[];
    recent uuid[];
BEGIN
    IF tenant IS NULL THEN
        RETURN;
    END IF;{self._candidates()}
    RETURN QUERY
    SELECT r.id, greatest({self._score()})
      FROM {own.table} r
     WHERE r.tenant_id = tenant AND r.id = ANY (candidates)
     ORDER BY 2 DESC, 1 DESC LIMIT most;
END
$$;
REVOKE ALL ON FUNCTION {self.signature} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {self.signature}
TO sparx_app;
"""

    def _score(self) -> str:
        own = self.searched
        texts = [f"core.search_score(core.search_text(r.{one}), phrase)" for one in own.texts]
        numbers = [f"CASE WHEN r.{one} = number THEN 100 ELSE 0 END" for one in own.numbers]
        # Words in several places, or in a list.
        return ", ".join([*numbers, *texts, "20"])

    def _candidates(self) -> str:
        own, which = self.searched, f"{self.searched.living('r.')}{self._owned()}"
        exactly = [
            f"SELECT r.id FROM {own.table} r WHERE r.tenant_id = tenant AND r.{one} = number{which}"
            for one in own.numbers
        ]
        exactly += [
            f"(SELECT r.id FROM {own.table} r WHERE r.tenant_id = tenant"
            f" AND r.{one} = ANY (spelled){which} LIMIT {CANDIDATES})"
            for one in self.exact
        ]
        steps = []
        if exactly:
            found = "\n        UNION ALL ".join(exactly)
            steps.append(f"\n    candidates := ARRAY({found});")
        else:
            steps.append("\n    candidates := '{}';")
        if own.indexed:
            (by_terms,) = Searched(own.table, own.texts, own.arrays, (), own.trashed).ids(
                "tenant", by_terms=True
            )
            matches = f"core.search_text({own.document('r.')}) LIKE ALL (patterns)"
            steps.append(f"""
    recent := ARRAY(
        SELECT r.id FROM (SELECT r.* FROM {own.table} r
                           WHERE r.tenant_id = tenant{which}
                           ORDER BY r.id DESC LIMIT {NEWEST}) r
         WHERE {matches} LIMIT {CANDIDATES});
    candidates := candidates || recent;
    -- Words of one or two characters have no terms. Those that very many rows contain are no reason
    -- to read all of these.
    IF cardinality(terms) > 0 AND cardinality(recent) < {FREQUENT} THEN
        candidates := candidates || ARRAY({by_terms}{self._owned()} LIMIT {CANDIDATES});
    END IF;""")
        return "".join(steps)

    def _owned(self) -> str:
        """As the table's policy has it; the function runs as somebody whom it does not bind."""
        if self.owner is None:
            return ""
        return f" AND coalesce(r.{self.owner} = ANY (seen), seen IS NULL)"


def install_hits(database: PostgresqlDatabase, functions: Iterable[HitFunction]) -> None:
    """Bring the functions up to date; the indexes are those of ``db/search.py``."""
    for function in functions:
        install_function(database, function.signature, function.definition())
