-- Values of entries as an index holds them: whoever writes a document, they follow it.

-- Numbers as texts that sort as they do. Under row-level security only comparisons that PostgreSQL
-- calls leakproof use an index: those of text are, and those of numeric are not.
CREATE OR REPLACE FUNCTION cms.number_key(number numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN abs(number) >= 1e20 THEN CASE WHEN number > 0 THEN 'p~' ELSE 'n!' END
        WHEN number >= 0 THEN 'p' || told.digits
        -- Of two negative ones the longer is the smaller: so an end that is above all digits.
        ELSE 'n' || translate(told.digits, '0123456789', '9876543210') || '~' END
      FROM (SELECT lpad(trunc(abs(number))::text, 20, '0')
                   || ltrim(trim_scale(abs(number) - trunc(abs(number)))::text, '0')) AS told (digits)
$$;

-- A value as the index holds it: text up to 100 characters. NULL for what does not compare.
CREATE OR REPLACE FUNCTION cms.value_key(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE jsonb_typeof(value)
        WHEN 'string' THEN left(value #>> '{}', 100)
        WHEN 'number' THEN cms.number_key(value::numeric)
        WHEN 'boolean' THEN value::text END
$$;

-- The values of a document, lists taken apart, each behind the id of its field.
CREATE OR REPLACE FUNCTION cms.values_in(document jsonb) RETURNS TABLE (locale text, term text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT l.key, f.key || '=' || cms.value_key(x.value)
      FROM jsonb_each(document) f
     CROSS JOIN LATERAL jsonb_each(f.value) l
     CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(l.value)
           WHEN 'array' THEN l.value ELSE jsonb_build_array(l.value) END) x
     WHERE jsonb_typeof(x.value) IN ('string', 'number', 'boolean')
$$;

CREATE OR REPLACE FUNCTION cms.note_values() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    noted record;
begin
    -- Where entries are put away with their module, and come back, so do their values.
    IF position(',moving:cms,' IN coalesce(current_setting('sparx.modules', true), '')) > 0 THEN
        RETURN NULL;
    END IF;
    FOR noted IN
        SELECT s.stage, s.document FROM (VALUES
            ('draft', NEW.draft, TG_OP = 'INSERT' OR NEW.draft IS DISTINCT FROM OLD.draft),
            ('live', NEW.live, TG_OP = 'INSERT' OR NEW.live IS DISTINCT FROM OLD.live)
        ) AS s (stage, document, changed) WHERE s.changed
    LOOP
        IF TG_OP = 'UPDATE' THEN
            DELETE FROM cms.field_values v
             WHERE v.tenant_id = NEW.tenant_id AND v.entry_id = NEW.id AND v.stage = noted.stage
               AND (v.locale, v.term) NOT IN (
                   SELECT w.locale, w.term FROM cms.values_in(noted.document) w);
        END IF;
        INSERT INTO cms.field_values (tenant_id, id, entry_id, stage, locale, term)
        SELECT NEW.tenant_id, uuidv7(), NEW.id, noted.stage, w.locale, w.term
          FROM cms.values_in(noted.document) w
            ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN NULL;
end
$$;

CREATE OR REPLACE TRIGGER note_values AFTER INSERT OR UPDATE OF draft, live ON cms.entries
FOR EACH ROW EXECUTE FUNCTION cms.note_values();

REVOKE ALL ON FUNCTION
    cms.number_key(numeric), cms.value_key(jsonb), cms.values_in(jsonb), cms.note_values()
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    cms.number_key(numeric), cms.value_key(jsonb), cms.values_in(jsonb), cms.note_values()
TO sparx_app;
