-- Searching over several resources. Applied by `sparx migrate` after kernel.sql, in the same script.

-- How well a text answers a phrase, both made comparable by core.search_text: 100 if they are the
-- same; 80 and more if it begins with the phrase, 60 if one of its words does, 40 if it contains it,
-- the more the less there is beside; 0 otherwise.
CREATE OR REPLACE FUNCTION core.search_score(value text, phrase text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN value IS NULL OR strpos(value, phrase) = 0 THEN 0
    WHEN value = phrase THEN 100
    ELSE CASE WHEN starts_with(value, phrase) THEN 80
              WHEN strpos(value, ' ' || phrase) > 0 THEN 60
              ELSE 40 END
         + 19 * length(phrase) / length(value)
END;

REVOKE ALL ON FUNCTION core.search_score(text, text) FROM PUBLIC;
