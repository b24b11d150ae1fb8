-- What tenants declare themselves: custom fields and saved views.

-- Says that what a tenant declares has changed: processes keep what they read until then.
CREATE OR REPLACE FUNCTION core.note_declaration() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE core.tenants t SET declarations = t.declarations + 1
     WHERE t.id = CASE TG_OP WHEN 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER note_declaration AFTER INSERT OR UPDATE OR DELETE ON core.custom_fields
FOR EACH ROW EXECUTE FUNCTION core.note_declaration();
CREATE OR REPLACE TRIGGER note_declaration AFTER INSERT OR UPDATE OR DELETE ON core.views
FOR EACH ROW EXECUTE FUNCTION core.note_declaration();

-- A value of a custom field as two rows compare it: numbers by their value, texts by their letters.
CREATE OR REPLACE FUNCTION core.custom_text(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE jsonb_typeof(value) WHEN 'number' THEN trim_scale((value #>> '{}')::numeric)::text
                                      ELSE value #>> '{}' END $$;

-- The trigger of a table whose rows have custom fields: a unique value belongs to one row. Called
-- only for rows that have values, or had some. Who comes second waits for the first to commit.
CREATE OR REPLACE FUNCTION core.keep_custom_uniques() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := CASE TG_OP WHEN 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
    before jsonb := CASE TG_OP WHEN 'INSERT' THEN '{}' ELSE OLD.custom END;
    after jsonb := CASE TG_OP WHEN 'DELETE' THEN '{}' ELSE NEW.custom END;
    holder uuid := CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END;
    defined record;
BEGIN
    FOR defined IN
        SELECT f.id, f.key FROM core.custom_fields f
         WHERE f.tenant_id = tenant AND f.resource = TG_ARGV[0] AND f.is_unique
           AND (before -> f.key) IS DISTINCT FROM (after -> f.key)
         ORDER BY f.id
    LOOP
        DELETE FROM core.custom_uniques u
         WHERE u.tenant_id = tenant AND u.field_id = defined.id AND u.row_id = holder;
        CONTINUE WHEN after -> defined.key IS NULL;
        INSERT INTO core.custom_uniques AS u (tenant_id, id, field_id, value, row_id)
        VALUES (tenant, gen_random_uuid(), defined.id, core.custom_text(after -> defined.key), holder)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'another row has the same value' USING
                ERRCODE = 'unique_violation', SCHEMA = 'core', TABLE = 'custom_uniques',
                CONSTRAINT = 'custom_uniques_field_id_value_key', COLUMN = defined.key;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION core.note_declaration(), core.custom_text(jsonb),
    core.keep_custom_uniques() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.custom_text(jsonb)
TO sparx_app;
