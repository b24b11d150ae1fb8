"""Content to read in tests: rows as the contract of documents has them, whoever writes
them in an installation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sparx_core import uuid7
from sparx_core.testing import Owner

EN, DE, AT = "en", "de", "de-AT"
Values = dict[str, Any]


@dataclass
class Content:
    """A tenant's content: English, German with English behind it, Austrian with German."""

    owner: Owner
    tenant: UUID
    types: dict[str, dict[str, Any]] = field(default_factory=dict)

    def locales(self) -> None:
        """Replace the tenant's languages by the three."""
        self.owner.execute("DELETE FROM cms.locales WHERE tenant_id = %s", self.tenant)
        for code, fallback in ((EN, None), (DE, EN), (AT, DE)):
            self._insert(
                "cms.locales", code=code, name=code, fallback=fallback, is_default=code == EN
            )

    def type(self, key: str, *fields: Values, kind: str = "collection", **values: Any) -> UUID:
        """A content type; fields get their ids and labels here."""
        made = [
            {"id": str(uuid7()), "label": one["key"], "state": "active", **one} for one in fields
        ]
        for one in made:
            inner = one.get("fields", ())
            one["fields"] = [{"id": str(uuid7()), "label": f["key"], **f} for f in inner]
        self.types[key] = {one["key"]: one for one in made}
        return self._insert(
            "cms.content_types", key=key, name=key.capitalize(), plural_name=f"{key}s", kind=kind,
            fields=json.dumps(made), **values,
        )  # fmt: skip

    def change_type(self, key: str, fields: list[Values]) -> None:
        """Store other definitions for a type."""
        self.owner.execute(
            "UPDATE cms.content_types SET fields = %s WHERE tenant_id = %s AND key = %s",
            *(json.dumps(fields), self.tenant, key),
        )
        self.types[key] = {one["key"]: one for one in fields}

    def document(self, key: str, values: Values) -> Values:
        """``{"title": {"en": ...}}`` by the ids of the fields."""
        return {self.types[key][name]["id"]: value for name, value in values.items()}

    def entry(self, key: str, draft: Values, live: Values | None = None, **values: Any) -> str:
        """An entry, its values by key and language; ``live`` if it is published."""
        locales = sorted({code for one in (live or {}).values() for code in one})
        type_id = self.owner.value(
            "SELECT id FROM cms.content_types WHERE tenant_id = %s AND key = %s", self.tenant, key
        )
        status = "draft" if live is None else "published"
        entry = self._insert(
            "cms.entries", content_type_id=type_id, draft=json.dumps(self.document(key, draft)),
            live=None if live is None else json.dumps(self.document(key, live)),
            live_locales=locales, locales=sorted({*locales, EN}),
            **{"status": status, "created_by": "key:a", "updated_by": "key:b", **values},
        )  # fmt: skip
        self._note_locales(entry, locales)
        return str(entry)

    def _note_locales(self, entry: UUID, live: list[str]) -> None:
        revision = self._insert(
            "cms.revisions", entry_id=entry, number=1, data="{}", schema_version=1, kind="created",
            author="key:a",
        )  # fmt: skip
        for code in live:
            self._insert(
                "cms.entry_locales", entry_id=entry, locale=code, status="published",
                live_revision_id=revision, live_version=1, live_path=f"/{code}/{entry}",
                published_at="2026-06-05T10:00:00Z", first_published_at="2026-06-05T10:00:00Z",
            )  # fmt: skip

    def save(self, entry: str, key: str, draft: Values) -> None:
        """Save a draft, as an editor does: nothing of what is live changes."""
        self.owner.execute(
            "UPDATE cms.entries SET draft = %s, version = version + 1, updated_by = 'key:c',"
            " revision_number = revision_number + 1, updated_at = now(), status = CASE status"
            " WHEN 'published' THEN 'changed' ELSE status END WHERE id = %s",
            *(json.dumps(self.document(key, draft)), entry),
        )

    def _insert(self, table: str, **values: Any) -> UUID:
        row = {"id": uuid7(), "tenant_id": self.tenant, **values}
        names, places = ", ".join(row), ", ".join(["%s"] * len(row))
        self.owner.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *row.values())
        made: UUID = row["id"]
        return made


def text(key: str, **more: Any) -> Values:
    return {"key": key, "type": "text", **more}


def begin(owner: Owner, tenant: UUID) -> Content:
    """The content of a tenant with two types: people, and stories, which refer to them."""
    made = Content(owner, tenant)
    made.locales()
    made.type("person", text("name"), {"key": "portrait", "type": "media"})
    made.type(
        "story",
        text("title", localized=True),
        {"key": "words", "type": "integer"},
        {"key": "price", "type": "decimal"},
        {"key": "date", "type": "date"},
        {"key": "featured", "type": "boolean"},
        {"key": "mood", "type": "enum", "options": [{"value": "calm"}, {"value": "wild"}]},
        {"key": "tags", "type": "text", "multiple": True},
        {"key": "author", "type": "reference", "to": ["person"]},
        {"key": "related", "type": "reference", "to": ["story"], "multiple": True},
        {"key": "extra", "type": "object", "fields": [text("note"), {
            "key": "seen_by", "type": "reference", "to": ["person"]}]},
    )  # fmt: skip
    return made
