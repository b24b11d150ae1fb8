"""Chromium, in which attacks are shown: what it executes is found out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

_PROGRAM = shutil.which("chromium") or shutil.which("google-chrome")
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
    for (const link of inside.querySelectorAll('a')) {{
      const href = link.href.baseVal ?? link.href;
      if (/^\\s*(javascript|data|vbscript):/i.test(href)) hits.add(now);
    }}
    frame.remove();
  }}
  document.title = 'hits:' + JSON.stringify([...hits]);
}}
</script><body onload="run()">"""


def executions(pages: Sequence[str], folder: Path) -> set[int]:
    """The numbers of the pages that executed something, or lead to something that would.

    Each is parsed with a document, and twice more as it is put into an element.
    """
    if _PROGRAM is None:
        # Where everything must run, a test that does not is a failure.
        told = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        told("Chromium is missing; install it, the tests are not complete without")
    text = json.dumps(list(pages)).replace("<", "\\u003c")
    page = folder / "attacks.html"
    page.write_text(_PAGE.format(pages=text))
    command = [
        str(_PROGRAM), "--headless", "--no-sandbox", "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=600000",
        "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom",
        page.as_uri(),
    ]  # fmt: skip
    dump = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False).stdout
    found = re.search(r"<title>hits:(\[.*?\])</title>", dump)
    assert found, f"the page did not come to its end: {dump[:500]}"
    return set(json.loads(found[1]))
