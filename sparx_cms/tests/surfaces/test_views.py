"""Two views of entries: what is live, and what is being worked on; never the one for the other."""

from __future__ import annotations

from collections.abc import Callable

from sparx_core.testing import Api

from .writing import AT, DE, EN, Content

PATH = "/v1/cms/entries"


def test_readers_see_what_is_live_and_nothing_of_drafts(
    content: Content, keyed: Callable[..., Api]
) -> None:
    live = content.entry(
        "story", {"title": {EN: "Secret new"}}, {"title": {EN: "Public"}}, title="Secret new"
    )
    draft = content.entry("story", {"title": {EN: "Secret"}}, title="Secret")
    delivery = keyed("read:cms")

    listed = delivery.get(PATH)

    assert [one["id"] for one in listed.data] == [live]
    assert listed.meta["total"] == 1
    assert listed.data[0]["title"] == listed.data[0]["fields"]["title"] == "Public"
    assert "Secret" not in listed.text
    assert delivery.get(f"{PATH}/{live}").data == listed.data[0]
    assert delivery.get(f"{PATH}/{draft}").status == 404


def test_drafts_need_their_own_scope(content: Content, keyed: Callable[..., Api]) -> None:
    entry = content.entry("story", {"title": {EN: "Secret"}})
    for path in (PATH, f"{PATH}/{entry}"):
        for status in ("draft", "archived"):
            refused = keyed("read:cms").get(path, params={"status": status})
            assert (refused.status, refused.error["code"]) == (403, "insufficient_scope")
    editor = keyed("read:cms", "draft:cms")
    assert editor.get(PATH, params={"status": "draft"}).data[0]["fields"]["title"] == "Secret"
    assert editor.get(f"{PATH}/{entry}", params={"status": "draft"}).status == 200


def test_saving_a_draft_changes_no_byte_of_what_is_live(content: Content, api: Api) -> None:
    entry = content.entry("story", {"title": {EN: "One"}}, {"title": {EN: "One"}})
    before = api.get(f"{PATH}/{entry}").body, api.get(PATH, params={"type": "story"}).body

    content.save(entry, "story", {"title": {EN: "Two"}, "words": {"*": 5}})

    after = api.get(f"{PATH}/{entry}").body, api.get(PATH, params={"type": "story"}).body
    assert after == before
    draft = api.get(f"{PATH}/{entry}", params={"status": "draft"}).data
    assert (draft["fields"]["title"], draft["status"]) == ("Two", "changed")
    assert (draft["version"], draft["revisionNumber"], draft["updatedBy"]) == (2, 2, "key:c")


def test_what_is_archived_is_listed_by_itself(content: Content, api: Api) -> None:
    archived = content.entry(
        "story", {"title": {EN: "Old"}}, status="archived", archived_at="2026-01-01T00:00:00Z"
    )
    draft = content.entry("story", {"title": {EN: "New"}})

    def listed(status: str) -> list[str]:
        return [one["id"] for one in api.get(PATH, params={"status": status}).data]

    assert listed("draft") == [draft]
    assert listed("archived") == [archived]
    assert listed("published") == []
    assert api.get(f"{PATH}/{archived}", params={"status": "draft"}).data["status"] == "archived"


def test_trash_is_of_drafts(content: Content, api: Api) -> None:
    gone = content.entry("story", {"title": {EN: "Gone"}}, trashed=True, deleted_at="2026-01-01")
    assert api.get(PATH, params={"trashed": "true"}).status == 400
    trash = api.get(PATH, params={"trashed": "true", "status": "draft"})
    assert [one["id"] for one in trash.data] == [gone]
    assert api.get(PATH, params={"status": "draft"}).data == []


def test_fields_come_from_the_first_language_that_has_them(content: Content, api: Api) -> None:
    entry = content.entry(
        "story",
        {},
        {"title": {EN: "Colour", DE: "Farbe"}, "words": {EN: 1, DE: 2}},
    )

    def shown(locale: str) -> tuple[str, str, int, dict[str, str]]:
        data = api.get(f"{PATH}/{entry}", params={"locale": locale}).data
        fields = data["fields"]
        return data["locale"], fields["title"], fields["words"], data["fallbacks"]

    assert shown(EN) == (EN, "Colour", 1, {})
    assert shown(DE) == (DE, "Farbe", 2, {})
    assert shown(AT) == (AT, "Farbe", 2, {"title": DE})
    everything = api.get(f"{PATH}/{entry}", params={"locale": "*"}).data
    assert everything["fields"]["title"] == {EN: "Colour", DE: "Farbe"}
    assert everything["fields"]["words"] == 1
    assert everything["locale"] == "*"


def test_only_what_is_live_in_a_language_is_seen_there(content: Content, api: Api) -> None:
    german = content.entry("story", {"title": {DE: "Nur"}}, {"title": {DE: "Nur"}})
    english = content.entry("story", {"title": {EN: "Only"}}, {"title": {EN: "Only"}})

    def listed(**params: str) -> set[str]:
        return {one["id"] for one in api.get(PATH, params=params).data}

    assert listed() == {english}
    assert listed(locale=AT) == {german, english}
    assert listed(locale="*") == {german, english}
    assert api.get(f"{PATH}/{german}").status == 404
    unknown = api.get(PATH, params={"locale": "fr"})
    assert (unknown.status, unknown.error["details"]) == (400, {"parameter": "locale"})


def test_renaming_a_field_touches_no_entry(content: Content, api: Api) -> None:
    entry = content.entry("story", {}, {"title": {EN: "Kept"}})
    fields = list(content.types["story"].values())
    content.change_type("story", [{**fields[0], "key": "headline"}, *fields[1:]])
    assert api.get(f"{PATH}/{entry}").data["fields"]["headline"] == "Kept"
    renamed = api.get(PATH, params={"type": "story", "fields.headline": "Kept"})
    assert [one["id"] for one in renamed.data] == [entry]
    content.change_type("story", [{**fields[0], "state": "omitted"}, *fields[1:]])
    assert "title" not in api.get(f"{PATH}/{entry}").data["fields"]


def test_nobody_sees_what_another_tenant_has(
    content: Content, other_content: Content, api: Api, other_api: Api
) -> None:
    theirs = other_content.entry("story", {"title": {EN: "Ours"}}, {"title": {EN: "Ours"}})
    mine = content.entry(
        "story", {}, {"title": {EN: "Mine"}, "related": {EN: [theirs]}, "author": {EN: theirs}}
    )
    assert api.get(f"{PATH}/{theirs}").status == 404
    assert api.get(f"{PATH}/{theirs}", params={"status": "draft"}).status == 404
    listed = api.get(PATH, params={"type": "story", "include": "related,author"})
    assert [one["id"] for one in listed.data] == [mine]
    assert listed.data[0]["fields"]["related"] == [{"id": theirs}]
    assert "Ours" not in listed.text
    assert other_api.get(f"{PATH}/{theirs}").data["fields"]["title"] == "Ours"
