"""Makers of rich text for tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Node = dict[str, Any]
ENTRY, ASSET = "0191d2c4-0000-7000-8000-000000000001", "0191d2c4-0000-7000-8000-000000000002"


def doc(*content: Node) -> Node:
    return {"type": "doc", "content": list(content)}


def text(value: str, *marks: Node) -> Node:
    return {"type": "text", "text": value, **({"marks": list(marks)} if marks else {})}


def paragraph(*content: Node | str) -> Node:
    inside = [text(one) if isinstance(one, str) else one for one in content]
    return {"type": "paragraph", "content": inside}


def block(kind: str, *content: Node, **attrs: Any) -> Node:
    return {"type": kind, **({"attrs": attrs} if attrs else {}), "content": list(content)}


def mark(kind: str, **attrs: Any) -> Node:
    return {"type": kind, **({"attrs": attrs} if attrs else {})}


# -- any tree that is in its normal form -------------------------------------------------------

#: Letters, and all that means something to Markdown or HTML.
_WORDS = st.text("abé日1 .,*_`~[]()<>&#!|\\-+=:\"'$", min_size=1, max_size=12)
_URLS = st.sampled_from(
    ["https://example.com/a_b(c)?x=1&y=2", "/docs", "mailto:a@example.com", "#part", "tel:+431"]
)
_LINKS = st.builds(lambda url: mark("link", href=url), _URLS)


def _inline(names: list[str]) -> st.SearchStrategy[Node]:
    def build(value: str, link: Node | None, chosen: set[str]) -> Node:
        marks = [*([link] if link else []), *(mark(name) for name in names if name in chosen)]
        return text(value, *marks)

    return st.builds(build, _WORDS, st.none() | _LINKS, st.sets(st.sampled_from(names)))


def trees(*, marks: list[str], merged_cells: bool = False) -> st.SearchStrategy[Node]:
    """Documents with these marks: any nodes, any nesting, three levels deep."""
    lines = st.lists(_inline(marks) | st.just({"type": "hardBreak"}), min_size=1, max_size=5)
    paragraphs = st.builds(lambda inside: block("paragraph", *inside), lines)
    headings = st.builds(
        lambda inside, level: block("heading", *inside, level=level),
        st.lists(_inline(marks), min_size=1, max_size=3),
        st.integers(1, 6),
    )
    code = st.builds(
        lambda value, language: block("codeBlock", text(value), **language),
        st.text("ab `~<&\n", min_size=1, max_size=20),
        st.sampled_from([{}, {"language": "python"}]),
    )
    leaves = st.sampled_from(
        [
            {"type": "horizontalRule"},
            {"type": "image", "attrs": {"src": "https://example.com/a.png", "alt": "A [b]"}},
            {"type": "image", "attrs": {"assetId": ASSET}},
        ]
    )
    simple = paragraphs | headings | code | leaves
    return st.builds(
        lambda blocks: doc(*blocks), st.lists(st.recursive(simple, _boxes), max_size=4)
    )


def _boxes(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    insides = st.lists(inner, min_size=1, max_size=3)
    items = st.lists(insides.map(lambda inside: block("listItem", *inside)), min_size=1, max_size=3)
    numbered = st.builds(
        lambda inside, start: block("orderedList", *inside, **start),
        items,
        st.sampled_from([{}, {"start": 7}]),
    )
    callouts = st.builds(
        lambda inside, variant: block("callout", *inside, variant=variant),
        insides,
        st.sampled_from(["info", "success", "warning", "danger"]),
    )
    quotes = insides.map(lambda inside: block("blockquote", *inside))
    return items.map(lambda inside: block("bulletList", *inside)) | numbered | callouts | quotes
