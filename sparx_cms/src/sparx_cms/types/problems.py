"""What keeps an entry from being published: all that its type asks of it beyond its values being
of their types, which drafts are held to already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sparx_cms.richtext.to_text import to_text
from sparx_cms.types.definitions import (
    BLOCKS,
    DATE,
    DATETIME,
    DECIMAL,
    EMAIL,
    ENUM,
    INTEGER,
    LONG_TEXT,
    MEDIA,
    RICH_TEXT,
    SLUG,
    TEXT,
    URL,
    FieldDefinition,
    TypeDefinition,
)
from sparx_cms.types.documents import Path, as_list, parts_of, value_in
from sparx_cms.types.patterns import mismatches
from sparx_cms.types.targets import asset_types
from sparx_core import Context

Problem = tuple[Path, str]
#: A document, the language that is to be published, and those alongside.
Asked = tuple[Mapping[str, Any], str, Sequence[str]]
#: Whose length ``min`` and ``max`` are about.
MEASURED = frozenset({TEXT, LONG_TEXT, RICH_TEXT, SLUG, EMAIL, URL})
#: The settings that values of a type themselves are held against.
COMPARED = {
    INTEGER: ("min", "max"),
    DECIMAL: ("min", "max"),
    DATE: ("earliest", "latest"),
    DATETIME: ("earliest", "latest"),
}


def problems(
    ctx: Context,
    type: TypeDefinition,
    document: Mapping[str, Any],
    locale: str,
    alongside: Sequence[str] = (),
) -> list[Problem]:
    """What keeps a document from being published in a language, each at ``fields.<key>``.

    In ``alongside`` are the languages that are live or published with it, in the order in which
    they stand in: what they have need not be there twice. Whether what is referred to is published
    is not looked at.
    """
    return problems_of_many(ctx, type, [(document, locale, alongside)])[0]


def problems_of_many(
    ctx: Context,
    type: TypeDefinition,
    asked: Sequence[tuple[Mapping[str, Any], str, Sequence[str]]],
) -> list[list[Problem]]:
    """What :func:`problems` finds in each of many documents, with as many statements as for one."""
    check = _Check(type)
    for place, (document, locale, alongside) in enumerate(asked):
        for one in type.by_key.values():
            value = value_in(one, document, (locale,))
            stands_in = value is None and value_in(one, document, tuple(alongside)) is not None
            if not stands_in:
                check.value(one, value, (place, "fields", one.key))
    found: list[list[Problem]] = [[] for _ in asked]
    told = [*check.problems, *_mismatched(ctx, check), *_unfit_media(ctx, check)]
    for (which, *path), message in told:
        found[int(which)].append((tuple(path), message))
    return found


@dataclass
class _Check:
    """A document while it is checked; ``texts`` and ``media`` the database is asked about."""

    type: TypeDefinition
    problems: list[Problem] = field(default_factory=list)
    texts: list[tuple[FieldDefinition, str, Path]] = field(default_factory=list)
    media: list[tuple[FieldDefinition, str, Path]] = field(default_factory=list)

    def value(self, one: FieldDefinition, value: Any, path: Path) -> None:
        """The value of a field, of those inside of it as well."""
        if _is_blank(value):
            if one.required:
                self.problems.append((path, "Has to be filled in."))
            return
        if one.listed:
            self.problems += [(path, told) for told in _count_problems(one, as_list(value))]
        if one.type != BLOCKS:
            for place, single in enumerate(as_list(value)):
                self._single(one, single, (*path, place) if one.multiple else path)
        for fields, part, here in parts_of(self.type, one, value, path):
            for inner in fields:
                if not inner.omitted:
                    self.value(inner, part.get(inner.id), (*here, inner.key))

    def _single(self, one: FieldDefinition, value: Any, path: Path) -> None:
        self.problems += [(path, told) for told in _value_problems(one, value)]
        if one.type == MEDIA:
            self.media.append((one, value, path))
        elif one.settings.get("pattern") is not None:
            self.texts.append((one, str(value), path))


def _is_blank(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == []


def _count_problems(one: FieldDefinition, values: Sequence[Any]) -> Iterator[str]:
    least, most = one.settings.get("minItems"), one.settings.get("maxItems")
    if least is not None and len(values) < least:
        yield f"Must have at least {least:,} entries."
    if most is not None and len(values) > most:
        yield f"Must have at most {most:,} entries."


def _value_problems(one: FieldDefinition, value: Any) -> Iterator[str]:
    least, most = (one.settings.get(name) for name in COMPARED.get(one.type, ("min", "max")))
    if one.type in MEASURED:
        length = len(to_text(value) if one.type == RICH_TEXT else value)
        if least is not None and length < least:
            yield f"Must have at least {least:,} characters."
        if most is not None and length > most:
            yield f"Must have at most {most:,} characters."
    elif one.type in COMPARED:
        if least is not None and _comparable(value) < _comparable(least):
            yield f"Must be at least {least}."
        if most is not None and _comparable(value) > _comparable(most):
            yield f"Must be at most {most}."
    elif one.type == ENUM and value not in one.options:
        yield f"Must be one of: {', '.join(one.options)[:500]}."


def _comparable(value: Any) -> Any:
    return value if isinstance(value, str) else Decimal(value)


def _mismatched(ctx: Context, check: _Check) -> Iterable[Problem]:
    asked = [(text, str(one.settings["pattern"])) for one, text, _ in check.texts]
    for place in mismatches(ctx, asked):
        one, _, path = check.texts[place]
        yield path, str(one.settings.get("patternMessage") or "Does not match the pattern.")


def _unfit_media(ctx: Context, check: _Check) -> Iterable[Problem]:
    ids = {UUID(id) for _, id, _ in check.media}
    found = asset_types(ctx, ids) if ids else {}
    for one, id, path in check.media:
        media_type = found.get(UUID(id))
        accepted = one.settings.get("accept") or ()
        if media_type is None:
            yield path, "There is no such asset."
        elif accepted and not any(accepts(pattern, media_type) for pattern in accepted):
            yield path, f"Must be of: {', '.join(accepted)}."


def accepts(pattern: str, media_type: str) -> bool:
    """Whether ``image/*`` or ``application/pdf`` takes files of a media type."""
    kind, _, subtype = pattern.partition("/")
    return media_type.startswith(f"{kind}/") if subtype == "*" else media_type == pattern
