"""Attacks on readers of rich text, run in Chromium: none executes.

Those in ``attacks.json`` are of the kinds that sanitizers are tested with: schemes in disguise,
handlers, mutations between HTML, SVG and MathML, templates, what hides in Markdown.
``SPARX_ATTACKS`` may name a JSON file with further ones, a list of texts, such as those of another
sanitizer's own tests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from sparx_cms.richtext import from_html, from_markdown, problems, to_html, to_markdown, to_text
from sparx_cms.richtext.urls import is_safe

from .trees import block, doc, mark, paragraph, text

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

_LISTS: dict[str, list[str]] = json.loads(Path(__file__).with_name("attacks.json").read_text())
SCHEMES = _LISTS["schemes"]
ATTACKS = [
    *(carrier.replace("{}", one) for carrier in _LISTS["carriers"] for one in SCHEMES),
    *_LISTS["attacks"],
]


def _further() -> list[str]:
    named = os.environ.get("SPARX_ATTACKS")
    found: list[str] = json.loads(Path(named).read_text()) if named else []
    return found


def _trees(attack: str) -> list[Any]:
    """An attack as everything that a client may send."""
    link = paragraph(text("x", mark("link", href=attack)))
    image = {"type": "image", "attrs": {"src": attack, "alt": attack, "caption": attack}}
    typed = doc(
        paragraph(attack), block("codeBlock", text(attack)), paragraph(text(attack, mark("code")))
    )
    return [from_html(attack), from_markdown(attack), typed, doc(link), doc(image)]


def _pages(attack: str) -> list[str]:
    """What readers are shown of it: also of trees that would have been refused, and after another
    Markdown parser, one that lets HTML through, has read our Markdown.
    """
    from markdown_it import MarkdownIt

    permissive = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    permissive.validateLink = lambda url: True  # type: ignore[method-assign]
    shown = []
    for tree in _trees(attack):
        shown.append(to_html(tree))
        shown.append(permissive.render(to_markdown(tree)))
    return shown


class _Addresses(HTMLParser):
    """Every attribute of a page, with its element."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, name, value) for name, value in attrs]


@pytest.fixture(scope="module")
def attacks() -> list[str]:
    return [*ATTACKS, *_further()]


def test_only_known_attributes_and_safe_addresses_are_shown(attacks: list[str]) -> None:
    allowed = {"href", "src", "alt", "title", "class", "loading", "colspan", "rowspan", "start"}
    for attack in attacks:
        for tree in _trees(attack):
            page = _Addresses()
            page.feed(to_html(tree))
            for _, name, value in page.found:
                assert name in allowed or name.startswith("data-") or name in ("target", "rel")
                assert name not in ("href", "src") or is_safe(value), (attack, value)


def test_what_is_refused_is_every_address_that_is_not_safe(attacks: list[str]) -> None:
    for scheme in SCHEMES:
        assert problems(doc(paragraph(text("x", mark("link", href=scheme)))))
    for attack in attacks:
        assert isinstance(to_text(from_html(attack)), str)


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_nothing_executes_in_a_browser(attacks: list[str], tmp_path: Path) -> None:
    """Each page is parsed with the document, and once more as it is put into an element."""
    pages = list(dict.fromkeys(page for attack in attacks for page in _pages(attack)))
    # Each of them ends all that it opens, so that many of them are a page.
    joined = ["\n".join(pages[start : start + 50]) for start in range(0, len(pages), 50)]
    found = _executions(joined, tmp_path)
    assert not found, [joined[number] for number in found]


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_browser_would_notice(tmp_path: Path) -> None:
    """Attacks that nobody has defused do execute."""
    raw = [
        *("<img src=x onerror=hit()>", "<svg onload=hit()>", "<details open ontoggle=hit()>x"),
        *("fine", "<a href='javascript:hit()'>x</a>"),
    ]
    assert _executions(raw, tmp_path) == {0, 1, 2, 4}


_PAGE = """<!doctype html><meta charset=utf-8><title></title><script>
var hits = new Set(), now = 0;
function hit() {{ hits.add(now); }}
window.alert = window.confirm = window.prompt = window.print = hit;
</script>
<script>
const pages = {pages};
async function run() {{
  for (now = 0; now < pages.length; now++) {{
    const frame = document.createElement('iframe');
    frame.srcdoc = '<script>var hit = () => parent.hit(), alert = hit, prompt = hit, confirm = hit'
      + '<' + '/script><meta charset=utf-8><body>' + pages[now];
    await new Promise(done => {{ frame.onload = done; document.body.append(frame); }});
    const inside = frame.contentDocument, again = inside.createElement('div');
    inside.body.append(again);
    again.innerHTML = pages[now];
    const twice = inside.createElement('div');
    inside.body.append(twice);
    twice.innerHTML = again.innerHTML;
    await new Promise(done => frame.contentWindow.setTimeout(done, 0));
    for (const link of inside.querySelectorAll('a[href]'))
      if (/^(javascript|data|vbscript):/i.test(link.protocol)) hits.add(now);
    frame.remove();
  }}
  document.title = 'hits:' + JSON.stringify([...hits]);
}}
</script><body onload="run()">"""


def _executions(pages: list[str], folder: Path) -> set[int]:
    """The numbers of the pages that executed something, or lead to something that would."""
    told = json.dumps(pages).replace("<", "\\u003c")
    page = folder / "attacks.html"
    page.write_text(_PAGE.format(pages=told))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    limits = ["--virtual-time-budget=600000", "--disable-background-networking", "--dump-dom"]
    command = [
        str(CHROMIUM),
        *flags,
        *limits,
        "--host-resolver-rules=MAP * ~NOTFOUND",
        page.as_uri(),
    ]
    dump = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False).stdout
    found = re.search(r"<title>hits:(\[.*?\])</title>", dump)
    assert found, f"the page did not come to its end: {dump[:500]}"
    return set(json.loads(found[1]))
