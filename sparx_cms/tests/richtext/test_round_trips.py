"""What is shown as HTML or Markdown can be read back into the same tree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hypothesis import given, settings

from sparx_cms.richtext import from_html, from_markdown, to_html, to_markdown, to_text, validate
from sparx_cms.richtext.flowing import line

from .trees import Node, trees

_HTML_MARKS = ["bold", "italic", "underline", "strike", "subscript", "superscript", "code"]
_MARKDOWN_MARKS = ["bold", "italic", "code"]


def _normal(one: Node) -> Node:
    """A tree as it is shown: white space collapsed, lines without anything left out."""
    if one["type"] == "codeBlock" or "content" not in one:
        return one
    if one["type"] in ("paragraph", "heading"):
        return {**one, "content": line(one["content"])}
    inside = [_normal(child) for child in one["content"]]
    kept = [
        child
        for child in inside
        if child["type"] not in ("paragraph", "heading") or child["content"]
    ]
    return {**one, "content": kept}


def _letters(one: Node) -> Iterator[object]:
    """The nodes of a tree, and each letter with its marks: those of blanks are nobody's matter."""
    if one["type"] == "text":
        yield from ((letter, one.get("marks") or []) for letter in one["text"] if letter.strip())
        return
    yield one["type"], one.get("attrs")
    for child in one.get("content", []):
        yield from _letters(child)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(trees(marks=_HTML_MARKS))
def test_html_reads_back_into_the_same_tree(tree: Node) -> None:
    assert from_html(to_html(validate(tree))) == _normal(tree)


def _apart(one: Node) -> Node:
    """A tree whose marked texts are words with blanks around: Markdown has no way to say where
    marks begin and end in the middle of a word, or beside punctuation.
    """
    if "content" not in one or one["type"] == "codeBlock":
        return one
    inside: list[Node] = []
    for child in one["content"]:
        if child.get("marks"):
            blank = {"type": "text", "text": " "}
            word = {**child, "text": "a" + re.sub(r"\W|_", "b", child["text"])}
            inside += [blank, word, blank]
        else:
            inside.append(_apart(child))
    return {**one, "content": inside}


@settings(max_examples=30, deadline=None, derandomize=True)
@given(trees(marks=_MARKDOWN_MARKS))
def test_markdown_reads_back_into_the_same_tree(drawn: Node) -> None:
    tree = validate(_apart(drawn))
    read, meant = from_markdown(to_markdown(tree)), _normal(tree)
    assert list(_letters(read)) == list(_letters(meant))
    assert to_text(read) == to_text(meant)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(trees(marks=_HTML_MARKS))
def test_nothing_of_an_author_is_a_tag(tree: Node) -> None:
    """All that is between angle brackets is one of ours, whatever the text says."""
    shown = re.sub(r'</?[a-z0-9]+( [a-z-]+="[^"<>]*")*>', "", to_html(validate(tree)))
    assert "<" not in shown.replace("&lt;", "")
    assert to_text(tree).count("\0") == 0
