"""What of rich text is stored, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sparx_cms.richtext import problems, references, validate
from sparx_core import ValidationFailed

from .trees import ASSET, ENTRY, Node, block, doc, mark, paragraph, text


def test_a_tree_is_stored_in_its_normal_form() -> None:
    """Marks in their order, without attributes that say nothing, whole numbers as such."""
    sent = doc(
        block("heading", text("A", mark("code"), mark("bold")), level=Decimal("2.0")),
        block("orderedList", block("listItem", paragraph("x")), start=1),
        {"type": "paragraph", "attrs": {"textAlign": None}},
    )
    assert validate(sent) == doc(
        block("heading", text("A", mark("bold"), mark("code")), level=2),
        block("orderedList", block("listItem", paragraph("x"))),
        block("paragraph"),
    )


@pytest.mark.parametrize(
    ("node", "where"),
    [
        ("text", ()),
        ({"content": []}, ("type",)),
        ({"type": "script"}, ("type",)),
        ({"type": ["paragraph"]}, ("type",)),
        ({"type": "text", "text": "not in a paragraph"}, ("type",)),
        ({"type": "listItem", "content": []}, ("type",)),
        ({"type": "paragraph", "style": "color:red"}, ("style",)),
        ({"type": "paragraph", "attrs": {"onclick": "x"}}, ("attrs", "onclick")),
        ({"type": "paragraph", "attrs": []}, ("attrs",)),
        ({"type": "paragraph", "content": {"type": "text"}}, ("content",)),
        ({"type": "paragraph", "content": [{"type": "text"}]}, ("content", 0, "text")),
        (paragraph(text("a\0b")), ("content", 0, "text")),
        (paragraph(text("a\ud800b")), ("content", 0, "text")),
        (paragraph(text("a", mark("blink"))), ("content", 0, "marks", 0)),
        (paragraph(text("a", mark("bold"), mark("bold"))), ("content", 0, "marks", 1)),
        (paragraph(text("a", mark("link"))), ("content", 0, "marks", 0, "attrs")),
        (
            paragraph(text("a", mark("link", href="/a", entryId=ENTRY))),
            ("content", 0, "marks", 0, "attrs"),
        ),
        ({"type": "bulletList", "content": []}, ("content",)),
        ({"type": "heading"}, ("attrs", "level")),
        ({"type": "heading", "attrs": {"level": 7}}, ("attrs", "level")),
        ({"type": "heading", "attrs": {"level": True}}, ("attrs", "level")),
        ({"type": "heading", "attrs": {"level": Decimal("1e300000")}}, ("attrs", "level")),
        ({"type": "heading", "attrs": {"level": Decimal("NaN")}}, ("attrs", "level")),
        (block("codeBlock", text("x", mark("bold"))), ("content", 0, "marks")),
        (block("codeBlock", language='"><script>'), ("attrs", "language")),
        ({"type": "callout", "attrs": {"variant": "purple"}}, ("attrs", "variant")),
        ({"type": "image", "attrs": {"alt": "neither"}}, ("attrs",)),
        ({"type": "image", "attrs": {"src": "data:image/png;base64,AAAA"}}, ("attrs", "src")),
        ({"type": "image", "attrs": {"assetId": "../../etc"}}, ("attrs", "assetId")),
        ({"type": "embed", "attrs": {"url": "https://youtube.com.evil.io/"}}, ("attrs", "url")),
        ({"type": "embed", "attrs": {"url": "https://youtube.com@evil.io/"}}, ("attrs", "url")),
        ({"type": "embed", "attrs": {"url": "http://[youtube.com/"}}, ("attrs", "url")),
        ({"type": "horizontalRule", "content": [text("x")]}, ("content",)),
    ],
)
def test_what_is_not_of_the_set_is_refused_with_its_place(
    node: Any, where: tuple[str | int, ...]
) -> None:
    with pytest.raises(ValidationFailed):
        validate(doc(node))
    assert [place for place, _ in problems(doc(node), ("fields", "body"))] == [
        ("fields", "body", "content", 0, *where)
    ]


@pytest.mark.parametrize("tree", [None, [], "x", 3, {"type": "paragraph"}, {}])
def test_what_is_no_document_is_refused(tree: object) -> None:
    assert problems(tree)


def test_every_problem_is_told_at_once() -> None:
    found = problems(doc({"type": "a"}, {"type": "b"}, paragraph("fine")))
    assert [path for path, _ in found] == [("content", 0, "type"), ("content", 1, "type")]


def test_trees_have_bounds() -> None:
    """Deep ones do not reach the end of the stack, large ones are not read to their end."""
    deep: Node = paragraph("x")
    for _ in range(900):
        deep = block("blockquote", deep)
    assert [message for _, message in problems(doc(deep))] == ["Nested more than 40 deep."]
    wide = doc(*[paragraph("x")] * 6000)
    assert [message for _, message in problems(wide)] == ["More than 10,000 nodes."]
    long = doc(paragraph("x" * 500_001))
    assert [message for _, message in problems(long)] == ["Longer than 500,000 characters."]
    assert len(problems(doc(*[{"type": "nothing"}] * 20_000))) <= 102


def test_the_provider_of_what_is_embedded_is_told_by_its_address() -> None:
    sent = {"type": "embed", "attrs": {"provider": "vimeo", "url": "https://youtu.be/abc"}}
    (stored,) = validate(doc(sent))["content"]
    assert stored["attrs"]["provider"] == "youtube"


def test_references_are_found_wherever_they_are() -> None:
    other = ENTRY.replace("01", "0f")
    tree = validate(
        doc(
            block("blockquote", paragraph(text("a", mark("link", entryId=ENTRY)))),
            {"type": "image", "attrs": {"assetId": ASSET}},
            {"type": "embeddedEntry", "attrs": {"entryId": other}},
            paragraph(
                {"type": "reference", "attrs": {"entryId": ENTRY, "label": "again"}},
                text("b", mark("link", assetId=ASSET)),
            ),
        )
    )
    assert references(tree) == ([ENTRY, other], [ASSET])
