"""Exports of all that a tenant has in the CMS, in the form that :mod:`sparx_cms.importing.own`
reads: JSON by lines. Each is told by SQL, as everything is that readers are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sparx_cms import exporting_statements as statements
from sparx_cms.importing.own import VERSION
from sparx_cms.models.assets import Asset, Folder
from sparx_cms.models.content_types import ContentType, Locale
from sparx_cms.models.entries import Entry, Revision
from sparx_cms.models.menus import Menu
from sparx_cms.models.redirects import Redirect
from sparx_cms.models.releases import Release
from sparx_cms.models.schedules import Schedule
from sparx_cms.models.sites import Site
from sparx_cms.models.taxonomies import Taxonomy, Term
from sparx_cms.models.working import Comment
from sparx_core import Context

#: Rows of one transaction, and of one piece of the answer.
AT_ONCE = 200
HEADER = f'{{"line": "space", "format": "sparx-cms", "version": {VERSION}}}\n'
_FIRST = UUID(int=0)

#: What is referred to comes before, but for entries, which refer to one another.
_PARTS: tuple[tuple[Any, str], ...] = (
    (Locale, statements.LOCALES),
    (Site, statements.SITES),
    (ContentType, statements.TYPES),
    (Taxonomy, statements.TAXONOMIES),
    (Term, statements.TERMS),
    (Folder, statements.FOLDERS),
    (Asset, statements.ASSETS),
    (Entry, statements.ENTRIES),
    (Menu, statements.MENUS),
    (Release, statements.RELEASES),
    (Schedule, statements.SCHEDULES),
    (Redirect, statements.REDIRECTS),
    (Comment, statements.COMMENTS),
    (Revision, statements.REVISIONS),
)


@dataclass(frozen=True)
class Place:
    """How far an export is: which part, and behind which of its rows."""

    part: int = 0
    after: UUID = _FIRST


def next_lines(ctx: Context, place: Place, *, revisions: bool) -> tuple[str, Place | None]:
    """The next lines of an export and where it goes on; None at its end."""
    parts = len(_PARTS) if revisions else len(_PARTS) - 1
    model, statement = _PARTS[place.part]
    rows: list[Any] = ctx.all(model.raw(statement, str(place.after), AT_ONCE).tuples())
    lines = "".join(f"{text}\n" for _, text in rows)
    if len(rows) == AT_ONCE:
        return lines, Place(place.part, rows[-1][0])
    following = place.part + 1
    return lines, Place(following) if following < parts else None
