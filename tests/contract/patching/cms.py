"""What is known of the resources of the CMS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from .known import Known, Make, Row, each

_PATH = "/v1/cms"
_PDF = b"%PDF-1.7\n"
_TARGETS = ("toPath", "toUrl", "toEntryId", "toLocale")


def _day(number: int) -> str:
    """A time that has not come yet, and is not too far away."""
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=number)
    return at.isoformat().replace("+00:00", "Z")


# -- content types and languages ----------------------------------------------------------------


def _type(make: Make, number: int) -> Mapping[str, Any]:
    fields = [{"key": key, "type": "text"} for key in ("title", "subtitle")]
    return {
        "key": f"kind_{number}",
        "fields": fields,
        "displayField": "title",
        "urlPattern": "/kinds/{title}",
        "stages": [{"key": "desk", "name": "Desk"}],
    }


def _other_fields(make: Make, row: Row) -> Sequence[Any]:
    title, subtitle = row["fields"]
    labelled = [{"id": title["id"], "label": "Headline"}, {"id": subtitle["id"]}]
    return labelled, [*labelled, {"key": "price", "type": "integer"}]


# -- entries ------------------------------------------------------------------------------------


def _entry(make: Make, number: int) -> Mapping[str, Any]:
    return {"type": "page", "locale": "en", "fields": {"title": f"Page {number}"}}


def _published(make: Make) -> Row:
    entry = make("cms.entries", everything=False)
    path = f"{_PATH}/entries/{entry['id']}/publish"
    answer = make.api.post(path, {"version": entry["version"]})
    assert answer.status == 200, answer.text
    return answer.data


def _schedule(make: Make, number: int) -> str:
    entry = _published(make)
    body = {"version": entry["version"], "action": "unpublish", "at": _day(number)}
    answer = make.api.post(f"{_PATH}/entries/{entry['id']}/schedule", body)
    assert answer.status == 200, answer.text
    return str(answer.data["scheduleIds"][0])


def _revisions(make: Make, row: Row) -> Sequence[Any]:
    """A newer revision than the one that is pinned, that one, and the newest there is."""
    path = f"{_PATH}/entries/{row['entryId']}"
    assert make.api.patch(path, {"fields": {"title": "Newer"}}).status == 200
    newest = make.api.get(f"{_PATH}/revisions", params={"entryId": row["entryId"]}).data[0]["id"]
    assert newest != row["revisionId"]
    return newest, row["revisionId"], None


# -- files --------------------------------------------------------------------------------------


def _asset(make: Make, number: int) -> str:
    body = {
        "filename": f"{number}.pdf",
        "size": len(_PDF),
        "title": "The harbour",
        "alt": {"en": "Boats in a harbour"},
        "caption": {"en": "In June"},
        "folderId": make.another("cms.folders"),
    }
    upload = f"{_PATH}/uploads/{make.api.post(f'{_PATH}/uploads', body).data['id']}"
    assert make.api.request("PUT", f"{upload}/content", body=_PDF).status == 200
    return str(make.api.post(f"{upload}/complete").data["assetId"])


# -- the site -----------------------------------------------------------------------------------


def _redirect(make: Make, number: int) -> Mapping[str, Any]:
    return {**dict.fromkeys(_TARGETS), "fromPath": f"/old-{number}", "toPath": f"/new-{number}"}


def _tree(make: Make, number: int) -> str:
    body = {"key": f"tree-{number}", "name": "Tree", "pluralName": "Trees", "hierarchical": True}
    return str(make.api.post(f"{_PATH}/taxonomies", body).data["id"])


def _terms_beside(make: Make, row: Row) -> Sequence[Any]:
    """Two terms of the same taxonomy to be below of, and none."""
    bodies = [{"taxonomyId": row["taxonomyId"], "name": name} for name in ("Above", "Beside")]
    return *[make.api.post(f"{_PATH}/terms", body).data["id"] for body in bodies], None


CMS = {
    "cms.content_types": Known(
        given=_type,
        moved={
            "fields": frozenset({"schemaVersion"}),
        },
        values={
            "displayField": each("subtitle", None, "subtitle"),
            "urlPattern": each(None, "/kinds/{title}", "/{subtitle}"),
            "fields": _other_fields,
            "stages": each([], [{"key": "legal", "name": "Legal"}]),
            "state": each("deprecated", "active"),
            "kind": each(),
            "dryRun": each(True, False),
        },
    ),
    "cms.locales": Known(
        given=lambda make, number: {"code": f"de-{100 + number % 900}", "fallback": "en"},
        bound=frozenset({"isDefault"}),
        values={"fallback": each(None, "en")},
    ),
    "cms.entries": Known(
        given=_entry,
        seen={"status": "draft"},
        moved={"fields": frozenset({"title", "path", "revisionNumber"})},
        values={
            "fields": each({"title": "Other"}, {"title": "More", "slug": "more"}, {"slug": None}),
            # Says in which language the values are; of itself it changes nothing.
            "locale": each("en"),
        },
    ),
    "cms.schedules": Known(made=_schedule, values={"at": lambda make, row: (_day(8), _day(9))}),
    "cms.release_items": Known(
        given=lambda make, number: {"action": "publish", "locales": ["en"]},
        fixed=frozenset({"releaseId", "entryId"}),
        moved={
            "action": frozenset({"revisionId", "revisionNumber"}),
            "revisionId": frozenset({"revisionNumber"}),
        },
        values={
            "action": each("unpublish", "publish"),
            "revisionId": _revisions,
            "locales": each(None, ["en"]),
        },
    ),
    "cms.comments": Known(given=lambda make, number: {"locale": "en"}),
    "cms.assets": Known(
        made=_asset,
        values={
            "alt": each({"en": "A harbour"}, {"en": "A harbour", "de": "Ein Hafen"}, {}),
            "caption": each({"de": "Im Juni"}, {}),
            "focalX": each(0, 0.25),
            "focalY": each(1, 0.125),
        },
    ),
    "cms.redirects": Known(
        given=_redirect,
        bound=frozenset({"to"}),
        moved={
            "fromPath": frozenset({"source"}),
            "host": frozenset({"source"}),
            **dict.fromkeys(("toPath", "toUrl", "toEntryId"), frozenset(_TARGETS)),
        },
        values={
            "fromPath": each("/older", "/oldest?page=2"),
            "host": each("www.example.com", None),
            "toPath": each("/newer", "/newest?page=2"),
            "toEntryId": lambda make, row: (_published(make)["id"], make.another("cms.entries")),
            "toLocale": each("en", None),
            "toUrl": each("https://www.example.com/", "http://example.org/a?b=c"),
            "statusCode": each(*(302, 307, 308, 301)),
            "preserveQuery": each(True, False),
            "enabled": each(False, True),
        },
    ),
    "cms.menus": Known(
        values={
            "items": each(
                [{"label": "Home", "url": "/", "children": [{"label": {"en": "News"}}]}], []
            )
        }
    ),
    "cms.taxonomies": Known(values={"hierarchical": each(True, False)}),
    "cms.terms": Known(
        given=lambda make, number: {"taxonomyId": _tree(make, number)},
        values={"parentId": _terms_beside},
    ),
    "cms.sites": Known(
        given=lambda make, number: {"locale": "en"},
        values={
            "locale": each(None, "en"),
            "disallowed": each([], ["/cart", "/account?page=2"]),
            "indexed": each(False, True),
        },
    ),
}
