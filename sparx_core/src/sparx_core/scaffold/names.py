"""Names that a module may have: one word for Python, PostgreSQL, URLs and scopes at once."""

from __future__ import annotations

import keyword
import re

#: The longest key: what PostgreSQL makes of it, an index's name, ends at 63 bytes.
MAX_KEY = 32
#: The longest name of a resource, for the same reason.
MAX_RESOURCE = 30

_WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
#: What PostgreSQL does not take for the name of a schema without quotes (versions 15 to 18).
_SQL_WORDS = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check
collate collation column concurrently constraint create cross current_catalog current_date
current_role current_schema current_time current_timestamp current_user default deferrable desc
distinct do else end except false fetch for foreign freeze from full grant group having ilike in
initially inner intersect into is isnull join lateral leading left like limit localtime
localtimestamp natural not notnull null offset on only or order outer overlaps placing primary
references returning right select session_user similar some symmetric system_user table tablesample
then to trailing true union unique user using variadic verbose when where window with
"""
#: Schemas that exist already, and paths under ``/v1`` that are the core's own.
_TAKEN = "core information_schema keys me modules openapi public sparx"
#: What the generated code calls something else: names, and classes that it imports.
_NAMES_IN_USE = "api ctx event int list module object on other_api owner pytest str sys tenant type"
_CLASSES_IN_USE = """
Any Api ApiError Callable Choice Context DeliveryRun Event Handler Module ModuleContract NewTenant
Occurrence Operation Owner Resource ResourceSchema TenantModel Text TextField Timestamp WholeNumber
"""


class BadName(ValueError):
    """A name that cannot be used; the text says why, and what can."""


def check_key(key: str) -> str:
    """The key of a module; ``BadName`` unless Python, PostgreSQL and URLs all take it."""
    _check_word("A module's key", key, MAX_KEY)
    if key in _TAKEN.split():
        raise BadName(f"{key!r} is the core's own: choose another key.")
    if key.startswith("pg_"):
        raise BadName("PostgreSQL keeps names that begin with pg_ for itself.")
    return key


def check_resource(singular: str, plural: str) -> None:
    """The names of a resource: ``reward`` for the one, ``rewards`` for its path and its table."""
    in_use = _NAMES_IN_USE.split()
    _check_word("A resource", plural, MAX_RESOURCE)
    _check_word("The singular of a resource", singular, MAX_RESOURCE)
    if singular in in_use or as_class(singular) in _CLASSES_IN_USE.split():
        raise BadName(f"{singular!r} means something else in a module's code: choose another word.")
    if plural in in_use:
        raise BadName(f"{plural!r} means something else in a module's code: choose another word.")


def _check_word(what: str, word: str, longest: int) -> None:
    if not _WORD.fullmatch(word):
        raise BadName(f"{what} is one word of a-z, 0-9 and _, a letter first; {word!r} is not.")
    if len(word) > longest:
        raise BadName(f"{what} has at most {longest} characters; {word!r} has {len(word)}.")
    if keyword.iskeyword(word):
        raise BadName(f"{word!r} is a word of Python's: choose another.")
    if word in _SQL_WORDS.split():
        raise BadName(f"{word!r} is a word of SQL's: choose another.")


def title_of(key: str) -> str:
    """``gift_cards`` as people write it: ``Gift cards``."""
    text = key.replace("_", " ")
    return text[:1].upper() + text[1:]


def as_class(name: str) -> str:
    """``gift_card`` as the name of a class: ``GiftCard``."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def singular_of(plural: str) -> str:
    """A guess: ``categories`` is ``category``, ``boxes`` is ``box``, ``rewards`` is ``reward``."""
    if plural.endswith("ies") and len(plural) > 4:
        return f"{plural[:-3]}y"
    if plural.endswith(("ches", "shes", "sses", "xes", "zes")):
        return plural[:-2]
    if plural.endswith("s") and not plural.endswith("ss"):
        return plural[:-1]
    return plural


def plural_of(singular: str) -> str:
    """A guess, the other way."""
    if singular.endswith("y") and singular[-2:-1] not in "aeiou":
        return f"{singular[:-1]}ies"
    if singular.endswith(("ch", "sh", "s", "x", "z")):
        return f"{singular}es"
    return f"{singular}s"


def both_of(text: str) -> tuple[str, str]:
    """Singular and plural of ``person/people``, or of either alone: ``rewards``, ``reward``."""
    singular, _, plural = text.partition("/")
    if plural:
        return singular.strip(), plural.strip()
    word = singular.strip()
    single = singular_of(word)
    return (single, word) if single != word else (word, plural_of(word))


def resource_of(key: str) -> tuple[str, str]:
    """A first resource for a module: ``rewards`` has rewards, ``loyalty`` has loyalty items.

    Events are named after it, for all modules together, so it is not just "item".
    """
    single = singular_of(key)
    if single != key and len(key) <= MAX_RESOURCE:
        return single, key
    name = f"{key[: MAX_RESOURCE - len('_items')].rstrip('_')}_item"
    return name, plural_of(name)
