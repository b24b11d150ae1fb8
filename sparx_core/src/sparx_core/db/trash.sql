-- What a write calls in place of a reference that a client sent to a row in the trash: the same
-- refusal as of one to a row that is not there.
CREATE OR REPLACE FUNCTION core.refuse_reference(
    of_schema text, of_table text, of_constraint text
) RETURNS uuid
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'a reference to a row in the trash'
    USING ERRCODE = 'foreign_key_violation', SCHEMA = of_schema, TABLE = of_table,
          CONSTRAINT = of_constraint;
END
$$;
REVOKE ALL ON FUNCTION core.refuse_reference(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.refuse_reference(text, text, text)
TO sparx_app;
