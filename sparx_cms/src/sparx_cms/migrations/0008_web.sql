-- Searching the text of entries, which is taken apart into words here.

-- The dictionary that knows the stems of a language; "simple" knows none.
CREATE OR REPLACE FUNCTION cms.text_language(locale text) RETURNS regconfig
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE split_part(locale, '-', 1)
           WHEN 'ar' THEN 'arabic' WHEN 'ca' THEN 'catalan' WHEN 'da' THEN 'danish'
           WHEN 'de' THEN 'german' WHEN 'el' THEN 'greek' WHEN 'en' THEN 'english'
           WHEN 'es' THEN 'spanish' WHEN 'eu' THEN 'basque' WHEN 'fi' THEN 'finnish'
           WHEN 'fr' THEN 'french' WHEN 'ga' THEN 'irish' WHEN 'hi' THEN 'hindi'
           WHEN 'hu' THEN 'hungarian' WHEN 'hy' THEN 'armenian' WHEN 'id' THEN 'indonesian'
           WHEN 'it' THEN 'italian' WHEN 'lt' THEN 'lithuanian' WHEN 'nb' THEN 'norwegian'
           WHEN 'ne' THEN 'nepali' WHEN 'nl' THEN 'dutch' WHEN 'nn' THEN 'norwegian'
           WHEN 'no' THEN 'norwegian' WHEN 'pt' THEN 'portuguese' WHEN 'ro' THEN 'romanian'
           WHEN 'ru' THEN 'russian' WHEN 'sr' THEN 'serbian' WHEN 'sv' THEN 'swedish'
           WHEN 'ta' THEN 'tamil' WHEN 'tr' THEN 'turkish' WHEN 'yi' THEN 'yiddish'
           ELSE 'simple' END::regconfig
$$;

-- Text as it is taken apart into words: Chinese and Japanese, which put no spaces between them,
-- into their letters.
CREATE OR REPLACE FUNCTION cms.search_words(document text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT regexp_replace(core.search_text(document), '([\u3040-\u30ff\u3400-\u9fff])', ' \1 ', 'g')
$$;

CREATE OR REPLACE FUNCTION cms.search_lexemes(language regconfig, document text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ SELECT tsvector_to_array(to_tsvector(language, cms.search_words(document))) $$;

-- The words of a document: their stems, and as they are.
CREATE OR REPLACE FUNCTION cms.fill_search_terms() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    document text := NEW.title || chr(10) || NEW.text;
begin
    NEW.terms := ARRAY(
        SELECT unnest(cms.search_lexemes(cms.text_language(NEW.locale), document))
        UNION SELECT unnest(cms.search_lexemes('simple', document)));
    RETURN NEW;
end
$$;

CREATE OR REPLACE TRIGGER fill_search_terms
    BEFORE INSERT OR UPDATE OF title, text, locale ON cms.search_documents
    FOR EACH ROW EXECUTE FUNCTION cms.fill_search_terms();

-- Lexemes as a query for all of them, of each at least the beginning.
CREATE OR REPLACE FUNCTION cms.search_all_of(mark text, lexemes text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '(' || string_agg(
               '''' || replace(replace(mark || l, '\', '\\'), '''', '''''') || ''':*', ' & ') || ')'
      FROM unnest(lexemes) l
$$;

-- Words as a query: every one of them, as it is or by its stem. NULL if there is none among them.
CREATE OR REPLACE FUNCTION cms.search_query(tenant uuid, language regconfig, words text[])
RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg('(' || concat_ws(' | ',
               cms.search_all_of(right(tenant::text, 8), cms.search_lexemes(language, w)),
               cms.search_all_of(right(tenant::text, 8), cms.search_lexemes('simple', w))) || ')',
               ' & ')::tsquery
      FROM unnest(words) w
     WHERE cardinality(cms.search_lexemes('simple', w)) > 0
$$;

-- The same for text that is at hand, without marks: to say how well it answers.
CREATE OR REPLACE FUNCTION cms.shown_query(language regconfig, words text[]) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg('(' || concat_ws(' | ',
               cms.search_all_of('', cms.search_lexemes(language, w)),
               cms.search_all_of('', cms.search_lexemes('simple', w))) || ')', ' & ')::tsquery
      FROM unnest(words) w
     WHERE cardinality(cms.search_lexemes('simple', w)) > 0
$$;

-- The documents of one stage in which every word occurs; of each language's enough of the newest, if
-- that is said. The core's cms.find_search_documents looks them up by an index; the policy says
-- which of them are seen.
CREATE OR REPLACE FUNCTION cms.found_documents(
    words text[], wanted_stage text, locales text[], newest integer DEFAULT NULL)
RETURNS TABLE (document_id uuid, of_entry uuid)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own record;
    query tsquery;
    latest uuid[];
    few uuid[];
begin
    -- What language a locale is in is asked once, and not of each document.
    FOR own IN SELECT cms.text_language(l) AS language, array_agg(l) AS locales
                 FROM unnest(locales) l GROUP BY 1 LOOP
        query := cms.search_query(core.tenant_id(), own.language, words);
        few := NULL;
        -- Of a word that most documents have only the latest are looked at: those of the stage and
        -- the languages are enough among four times as many, or else all that were found are read.
        IF newest IS NOT NULL THEN
            latest := ARRAY(SELECT f.id FROM cms.find_search_documents(query) f (id)
                             ORDER BY f.id DESC LIMIT 4 * newest);
            few := ARRAY(SELECT d.id FROM cms.search_documents d
                          WHERE d.id = ANY (latest) AND d.stage = wanted_stage
                            AND d.locale = ANY (own.locales) ORDER BY d.id DESC LIMIT newest);
            IF cardinality(latest) = 4 * newest AND cardinality(few) < newest THEN
                few := NULL;
            END IF;
        END IF;
        IF few IS NOT NULL THEN
            RETURN QUERY SELECT d.id, d.entry_id FROM cms.search_documents d WHERE d.id = ANY (few);
        ELSE
            RETURN QUERY SELECT d.id, d.entry_id
              FROM cms.find_search_documents(query) f (id)
              JOIN cms.search_documents d ON d.id = f.id
             WHERE d.stage = wanted_stage AND d.locale = ANY (own.locales);
        END IF;
    END LOOP;
end
$$;

-- The entries in which every word occurs, in one of the languages; in any that there is, if they are
-- NULL or begin with '*'.
CREATE OR REPLACE FUNCTION cms.found_entries(words text[], locales text[], live boolean)
RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
begin
    RETURN QUERY SELECT DISTINCT f.of_entry
      FROM cms.found_documents(words, CASE WHEN live THEN 'live' ELSE 'draft' END,
                               CASE WHEN locales[1] <> '*' THEN locales
                                    ELSE ARRAY(SELECT l.code FROM cms.locales l) END) f;
end
$$;

-- The transaction after which readers get a change. One may be older than another that it had to
-- wait for: then it is told of where that one is. The number is never below the transaction's own,
-- so that nobody has read past it when it commits.
CREATE OR REPLACE FUNCTION cms.number_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
begin
    NEW.xid := greatest(NEW.xid, pg_current_xact_id()::text::bigint);
    RETURN NEW;
end
$$;

CREATE OR REPLACE TRIGGER number_change BEFORE INSERT OR UPDATE ON cms.changes
    FOR EACH ROW EXECUTE FUNCTION cms.number_change();

REVOKE ALL ON FUNCTION
    cms.text_language(text), cms.search_words(text), cms.search_lexemes(regconfig, text),
    cms.search_all_of(text, text[]),
    cms.search_query(uuid, regconfig, text[]), cms.shown_query(regconfig, text[]),
    cms.fill_search_terms(), cms.number_change(),
    cms.found_documents(text[], text, text[], integer), cms.found_entries(text[], text[], boolean)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    cms.text_language(text), cms.search_words(text), cms.search_lexemes(regconfig, text),
    cms.search_all_of(text, text[]),
    cms.search_query(uuid, regconfig, text[]), cms.shown_query(regconfig, text[]),
    cms.fill_search_terms(), cms.number_change(),
    cms.found_documents(text[], text, text[], integer), cms.found_entries(text[], text[], boolean)
TO sparx_app;
