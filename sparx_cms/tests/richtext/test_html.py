"""Rich text as HTML, and out of HTML that others wrote."""

from __future__ import annotations

import pytest

from sparx_cms.richtext import Target, from_html, to_html, validate

from .trees import ASSET, ENTRY, block, doc, mark, paragraph, text


def _resolved(kind: str, id: str) -> Target | None:
    if (kind, id) == ("entry", ENTRY):
        return Target(url="/blog/a&b", title="A <post>")
    if (kind, id) == ("asset", ASSET):
        return Target(url="https://media.example/x.png", alt="A cat", width=20, height=10)
    return None


def test_references_lead_to_what_they_are_resolved_to() -> None:
    tree = doc(
        paragraph(
            {"type": "reference", "attrs": {"entryId": ENTRY}},
            text("here", mark("link", entryId=ENTRY)),
        ),
        {"type": "embeddedEntry", "attrs": {"entryId": ENTRY, "label": "Read on"}},
        {"type": "image", "attrs": {"assetId": ASSET, "caption": "<Mine>"}},
    )
    shown = to_html(tree, _resolved)
    link = '<a href="/blog/a&amp;b">A &lt;post&gt;</a>'
    assert f'<p><span data-entry="{ENTRY}">{link}</span>' in shown
    assert f'<a href="/blog/a&amp;b" data-entry="{ENTRY}">here</a></p>' in shown
    assert '<a href="/blog/a&amp;b">Read on</a></div>' in shown
    assert (
        f'<figure data-asset="{ASSET}"><img src="https://media.example/x.png" alt="A cat"'
        ' width="20" height="10" loading="lazy"><figcaption>&lt;Mine&gt;</figcaption></figure>'
    ) in shown
    assert from_html(shown) == validate(doc(*tree["content"][:2], _with_alt(tree["content"][2])))


def _with_alt(image: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {**image, "attrs": {**image["attrs"], "alt": "A cat"}}


def test_what_is_not_there_for_the_reader_leads_nowhere() -> None:
    tree = doc(
        paragraph(
            {"type": "reference", "attrs": {"entryId": ENTRY, "label": "It"}},
            text("here", mark("link", entryId=ENTRY)),
        ),
        {"type": "image", "attrs": {"assetId": ASSET}},
    )
    shown = to_html(tree)
    assert "href" not in shown
    assert "src" not in shown
    assert ">It<" in shown
    assert ">here<" in shown


def test_a_stored_tree_that_nobody_checked_is_shown_without_harm() -> None:
    """What is shown does not rest on what was checked."""
    tree = doc(
        block("heading", text("<img onerror=alert(1)>"), level="1><script>alert(1)</script"),
        paragraph(text("x", mark("link", href="javascript:alert(1)"), mark("blink"))),
        {"type": "image", "attrs": {"src": "data:text/html,x", "alt": '"><script>'}},
        {"type": "embed", "attrs": {"url": "javascript:alert(1)", "provider": '"><script>'}},
        block("codeBlock", text("</code><script>"), language='"><script>'),
        {"type": "iframe", "attrs": {"src": "https://evil.example"}},
    )
    shown = to_html(tree)
    assert "<script" not in shown
    assert "<img" not in shown
    assert "<iframe" not in shown
    assert 'href="javascript' not in shown


@pytest.mark.parametrize(
    ("html", "tree"),
    [
        ("just text", doc(paragraph("just text"))),
        ("<p>a</p>\n\n<p> b  c </p><p> </p>", doc(paragraph("a"), paragraph("b c"))),
        (
            "<div>a<div>b</div>c</div>",
            doc(paragraph("a"), paragraph("b"), paragraph("c")),
        ),
        (
            '<p>x <img src="https://a.b/c.png" alt="C"> y</p>',
            doc(
                paragraph("x"),
                {"type": "image", "attrs": {"src": "https://a.b/c.png", "alt": "C"}},
                paragraph("y"),
            ),
        ),
        (
            "<ul><li>a<ul><li>b</ul><p>stray</ul>",
            doc(
                block(
                    "bulletList",
                    block(
                        "listItem",
                        paragraph("a"),
                        block("bulletList", block("listItem", paragraph("b"))),
                        paragraph("stray"),
                    ),
                )
            ),
        ),
        (
            "<b>bold <i>both</b> italic</i>",
            doc(
                paragraph(
                    text("bold ", mark("bold")),
                    text("both", mark("bold"), mark("italic")),
                    text(" italic", mark("italic")),
                )
            ),
        ),
        (
            '<a href="//cdn.example/x">a</a><a href="javascript:x()">b</a>',
            doc(paragraph(text("a", mark("link", href="https://cdn.example/x")), "b")),
        ),
        (
            "<table><tr><th>A<td colspan=2>B</table>",
            doc(
                block(
                    "table",
                    block(
                        "tableRow",
                        block("tableHeader", paragraph("A")),
                        block("tableCell", paragraph("B"), colspan=2),
                    ),
                )
            ),
        ),
        ("<pre><code class='language-c++ x'>a\n b</code></pre>",
         doc(block("codeBlock", text("a\n b"), language="c++"))),
        ("<style>p{}</style><script>alert(1)</script><title>t</title>a", doc(paragraph("a"))),
        ("a\0b &lt;script&gt;", doc(paragraph("ab <script>"))),
        ("", doc()),
    ],
)  # fmt: skip
def test_html_of_others(html: str, tree: object) -> None:
    read = from_html(html)
    assert read == tree
    assert validate(read) == tree


def test_elements_in_elements_without_end_are_read() -> None:
    assert from_html("<div>" * 20_000 + "x") == doc(paragraph("x"))
    assert from_html("<b>" * 20_000 + "x") == doc(paragraph(text("x", mark("bold"))))
