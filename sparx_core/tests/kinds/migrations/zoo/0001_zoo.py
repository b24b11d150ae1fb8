"""The tables of the module, and the function by which rows show what is of their kind."""

from peewee import TextField

from sparx_core import JsonField, Reference, TenantModel, create_tables, default


class Species(TenantModel):
    key = TextField()
    name = TextField()
    facts = JsonField(constraints=[default("'[]'")])

    class Meta:
        schema = "zoo"
        table_name = "species"
        indexes = ((("key",), True),)


class Animal(TenantModel):
    name = TextField()
    species = Reference("zoo.species")
    facts = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "zoo"
        table_name = "animals"


SHOWN = """
CREATE OR REPLACE FUNCTION zoo.shown_facts(facts jsonb, wanted text[], followed text[])
RETURNS json LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
SELECT coalesce(json_object_agg(f.key, coalesce(
           (SELECT to_jsonb(t) FROM (
                SELECT a.id, a.name, s.key AS species, a.facts
                  FROM zoo.animals a JOIN zoo.species s ON s.id = a.species_id
                 WHERE f.key = ANY (followed) AND a.id::text = f.value ->> 'id') t),
           f.value) ORDER BY f.key), '{}')
  FROM jsonb_each(facts) f
 WHERE wanted IS NULL OR f.key = ANY (wanted)
$$;
GRANT EXECUTE ON FUNCTION zoo.shown_facts(jsonb, text[], text[]) TO sparx_app;
CREATE OR REPLACE TRIGGER note_declaration AFTER INSERT OR UPDATE OR DELETE ON zoo.species
FOR EACH ROW EXECUTE FUNCTION core.note_declaration();
"""


def up(migrator, db):
    create_tables(db, [Species, Animal])
    db.execute_sql(SHOWN)
