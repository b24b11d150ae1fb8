"""Rich text as Markdown, out of Markdown, and as plain text."""

from __future__ import annotations

import pytest

from sparx_cms.richtext import Target, from_markdown, to_markdown, to_text, validate

from .trees import ASSET, ENTRY, block, doc, mark, paragraph, text

_DOCUMENT = """\
# Releasing *soon*

A **bold** claim, ~~struck~~, `code` and a [link](/docs "The docs").\\
Next line

- one

- two

  3. three

> [!WARNING]
>
> Careful

```python
print("<hi>")
```

| Name | Value |
| --- | --- |
| a\\|b | *1* |

![A cat](https://example.com/cat.png)

___"""


def test_a_document_is_written_as_it_was_read() -> None:
    tree = validate(from_markdown(_DOCUMENT))
    kinds = [one["type"] for one in tree["content"]]
    assert kinds == [
        *("heading", "paragraph", "bulletList", "callout", "codeBlock", "table", "image"),
        "horizontalRule",
    ]
    assert to_markdown(tree) == _DOCUMENT


def test_entries_and_assets_have_addresses_of_their_own() -> None:
    told = f"[it](entry:{ENTRY})\n\n![A](asset:{ASSET})"
    tree = from_markdown(told)
    assert tree == doc(
        paragraph(text("it", mark("link", entryId=ENTRY))),
        {"type": "image", "attrs": {"assetId": ASSET, "alt": "A"}},
    )
    assert to_markdown(tree) == told
    resolved = to_markdown(tree, lambda kind, id: Target(url=f"/{kind}"))
    assert resolved == "[it](/entry)\n\n![A](/asset)"


@pytest.mark.parametrize(
    "markdown",
    [
        "[a](javascript:alert(1))",
        "[a](<java\tscript:x>)",
        "[a](data:text/html,x)",
        "[a](//evil.io)",
    ],
)
def test_addresses_that_are_not_safe_are_no_links(markdown: str) -> None:
    tree = validate(from_markdown(markdown))
    assert "link" not in str(tree)


def test_html_in_markdown_is_text() -> None:
    tree = from_markdown("<script>alert(1)</script>\n\na <b>b</b>")
    assert tree == doc(paragraph("<script>alert(1)</script>"), paragraph("a <b>b</b>"))
    assert to_markdown(tree) == "\\<script>alert(1)\\</script>\n\na \\<b>b\\</b>"


def test_plain_text_is_what_is_read() -> None:
    told = to_text(from_markdown(_DOCUMENT))
    assert told == (
        "Releasing soon\n\nA bold claim, struck, code and a link.\nNext line\n\n"
        'one\ntwo\nthree\n\nCareful\n\nprint("<hi>")\n\nName\tValue\na|b\t1\n\nA cat'
    )


def test_a_reference_is_called_by_its_label_or_its_title() -> None:
    tree = doc(
        block("paragraph", text("See "), {"type": "reference", "attrs": {"entryId": ENTRY}}),
        {"type": "embeddedEntry", "attrs": {"entryId": ENTRY, "label": "L"}},
    )
    assert to_text(tree, lambda kind, id: Target(title="T")) == "See T\n\nL"
