-- What search functions make of texts and words. Applied before kernel.sql, which says who may call it.

-- Text as searches compare it: in lower case, compatible forms made one, lines for white space. The
-- columns have the collation "C", which knows no letters beyond ASCII.
CREATE OR REPLACE FUNCTION core.search_text(document text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lower(normalize(document, NFKC) COLLATE "default");

-- The elements of an array as text to search, one a line. array_to_string is called stable for the
-- sake of other types; of text it is immutable.
CREATE OR REPLACE FUNCTION core.search_lines(entries text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ SELECT array_to_string(entries, chr(10)) $$;

-- What the index of a searched table holds: each three characters in a row that occur in a word,
-- and the entries of arrays whole. Each begins with the end of the tenant's id: an index of this
-- kind cannot start with another column, and no tenant should read through what others have.
CREATE OR REPLACE FUNCTION core.search_terms(tenant uuid, document text, entries text[])
RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    prefix text := right(tenant::text, 8);
    text_searched text := regexp_replace(core.search_text(document), '\s+', ' ', 'g');
BEGIN
    RETURN ARRAY(
        SELECT DISTINCT prefix || substr(text_searched, i, 3)
          FROM generate_series(1, length(text_searched) - 2) i
         WHERE position(' ' IN substr(text_searched, i, 3)) = 0
        UNION ALL
        SELECT prefix || '=' || e FROM unnest(entries) e);
END
$$;

-- The entries of an array as terms: under the name of their column.
CREATE OR REPLACE FUNCTION core.search_entries(name text, entries text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ SELECT array_agg(name || '=' || e) FROM unnest(entries) e $$;

-- Terms that a module made itself, each marked with the tenant in the same way.
CREATE OR REPLACE FUNCTION core.search_marks(tenant uuid, terms text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ SELECT array_to_tsvector(ARRAY(SELECT right(tenant::text, 8) || t FROM unnest(terms) t)) $$;

-- Words as patterns that occur in text made comparable by core.search_text.
CREATE OR REPLACE FUNCTION core.search_patterns(words text[]) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg('%' || regexp_replace(core.search_text(w), '([\\%_])', '\\\1', 'g') || '%')
      FROM unnest(words) w
$$;

-- The number that a single word of digits names, which one column may hold; NULL for other words.
CREATE OR REPLACE FUNCTION core.search_number(words text[]) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN words[1] ~ '^[0-9]{1,18}$' AND cardinality(words) = 1
                  THEN words[1]::bigint END $$;
