"""The CMS keeps the rules for modules."""

from __future__ import annotations

from typing import Any

from sparx_core.testing import Api, ModuleContract


def _type(api: Api, number: int) -> Any:
    fields = [{"key": "title", "type": "text"}]
    return {"key": f"kind_{number}", "name": "Kind", "fields": fields}


def _locale(api: Api, number: int) -> Any:
    return {"code": f"de-{100 + number}", "name": "German"}


def _entry(api: Api, number: int) -> Any:
    return {"type": "page", "fields": {"title": f"Page {number}"}}


def _comment(api: Api, number: int) -> Any:
    entry = api.post("/v1/cms/entries", _entry(api, number)).data["id"]
    return {"entryId": entry, "body": "Is this right?"}


def _release_item(api: Api, number: int) -> Any:
    entry = api.post("/v1/cms/entries", _entry(api, number)).data["id"]
    release = api.post("/v1/cms/releases", {"title": "Spring"}).data["id"]
    return {"releaseId": release, "entryId": entry}


def _redirect(api: Api, number: int) -> Any:
    return {"fromPath": f"/old-{number}", "toPath": f"/new-{number}"}


def _menu(api: Api, number: int) -> Any:
    return {"key": f"menu-{number}", "name": "Menu"}


def _taxonomy(api: Api, number: int) -> Any:
    return {"key": f"topics-{number}", "name": "Topic", "pluralName": "Topics"}


def _term(api: Api, number: int) -> Any:
    # All in one tree, so that one can be below another.
    found = api.get("/v1/cms/taxonomies", params={"key": "tree"}).data
    body = {**_taxonomy(api, 0), "key": "tree", "hierarchical": True}
    tree = found[0] if found else api.post("/v1/cms/taxonomies", body).data
    return {"taxonomyId": tree["id"], "name": f"Term {number}"}


def _entry_term(api: Api, number: int) -> Any:
    entry = api.post("/v1/cms/entries", _entry(api, number)).data["id"]
    term = api.post("/v1/cms/terms", _term(api, 1_000 + number)).data["id"]
    return {"entryId": entry, "termId": term}


def _site(api: Api, number: int) -> Any:
    return {"host": f"host-{number}.example.com", "title": "Site"}


def _folder(api: Api, number: int) -> Any:
    return {"name": f"Folder {number}"}


def _upload(api: Api, number: int) -> Any:
    return {"filename": f"{number}.png", "size": 1_000}


class TestContract(ModuleContract):
    module = "cms"
    samples = {
        "cms.content_types": _type,
        "cms.locales": _locale,
        "cms.entries": _entry,
        "cms.entries.update": {"fields": {"title": "Another title"}},
        "cms.folders": _folder,
        "cms.uploads": _upload,
        "cms.redirects": _redirect,
        "cms.menus": _menu,
        "cms.taxonomies": _taxonomy,
        "cms.terms": _term,
        "cms.entry_terms": _entry_term,
        "cms.sites": _site,
        "cms.comments": _comment,
        "cms.release_items": _release_item,
    }
