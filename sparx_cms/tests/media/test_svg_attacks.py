"""SVG that editors may upload, shown in Chromium: what is left of an attack executes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparx_cms.media.svg import Unsafe, clean_svg

from ..chromium import executions

_OPEN = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' viewBox="0 0 9 9"{}>'
)
#: What runs or loads something inside of an SVG document, or of one in a page.
ATTACKS = [
    *(
        f"{_OPEN.format('')}{inside}</svg>"
        for inside in (
            "<script>hit()</script>", "<script href='data:,hit()'/>", "<g onclick='hit()'/>",
            "<script xlink:href='data:,hit()'/>", "<rect onfocus='hit()' tabindex='1'/>",
            "<image href='x' onerror='hit()'/>", "<a href='javascript:hit()'><text>x</text></a>",
            "<a xlink:href='java&#x09;script:hit()'><text>x</text></a>",
            "<a><animate attributeName='href' values='javascript:hit()'/><text>x</text></a>",
            "<a id='x'><set attributeName='href' to='javascript:hit()'/><text>x</text></a>",
            "<animate onbegin='hit()' attributeName='x' dur='1s'/>",
            "<set onbegin='hit()' attributeName='x' dur='1s'/>",
            "<animateTransform onbegin='hit()' attributeName='transform' dur='1s'/>",
            "<foreignObject><img xmlns='http://www.w3.org/1999/xhtml' src='x' onerror='hit()'/>"
            "</foreignObject>",
            "<foreignObject><iframe xmlns='http://www.w3.org/1999/xhtml'"
            " srcdoc='&lt;script&gt;parent.hit()&lt;/script&gt;'/></foreignObject>",
            "<use href=\"data:image/svg+xml,&lt;svg id='x' onload='hit()'/&gt;#x\"/>",
            "<style>@import 'javascript:hit()';</style>",
            "<style>&lt;/style&gt;&lt;img src=x onerror=hit()&gt;</style>",
            "<title>&lt;/title&gt;&lt;img src=x onerror=hit()&gt;</title>",
            "<title><![CDATA[</title><img src=x onerror=hit()>]]></title>",
            "<style><![CDATA[</style><img src=x onerror=hit()>]]></style>",
            "<desc><![CDATA[--><img src=x onerror=hit()>]]></desc>",
            "<text>&lt;/text&gt;&lt;img src=x onerror=hit()&gt;</text>",
            "<text font-family='\"&gt;&lt;img src=x onerror=hit()&gt;'>x</text>",
            "<x:script xmlns:x='http://www.w3.org/2000/svg'>hit()</x:script>",
            "<h:img xmlns:h='http://www.w3.org/1999/xhtml' src='x' onerror='hit()'/>",
            "<handler xmlns='http://www.w3.org/2000/svg' type='text/javascript'>hit()</handler>",
            "<!-- --!><img src=x onerror=hit()> -->", "<?xml-stylesheet href='data:,hit()'?>",
            "<svg onload='hit()'/>", "<discard onbegin='hit()'/>", "<video onerror='hit()'/>",
        )
    ),
    f"{_OPEN.format(' onload=' + chr(39) + 'hit()' + chr(39))}</svg>",
    f"{_OPEN.format(' ONLOAD=' + chr(39) + 'hit()' + chr(39))}</svg>",
    f"<!DOCTYPE svg [<!ATTLIST svg onload CDATA 'hit()'>]>{_OPEN.format('')}</svg>",
    f"<!DOCTYPE svg [<!ENTITY x '&lt;script&gt;hit()&lt;/script&gt;'>]>{_OPEN.format('')}&x;</svg>",
]  # fmt: skip


def test_what_is_left_of_an_svg_executes_nothing(tmp_path: Path) -> None:
    """In the page itself, where a site may well put it, though it is served to be saved."""
    left = []
    for attack in ATTACKS:
        try:
            left.append(clean_svg(attack.encode()).decode())
        except (Unsafe, ValueError):
            continue
    harmless = f"{_OPEN.format('')}<rect width='9' height='9'/></svg>"
    pages = [*left, clean_svg(harmless.encode()).decode()]
    assert not executions(pages, tmp_path), pages


def test_an_svg_that_nobody_cleaned_is_noticed(tmp_path: Path) -> None:
    found = executions(ATTACKS, tmp_path)
    assert len(found) >= 10, found


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_leaves_no_handler_script_or_address(attack: str) -> None:
    try:
        cleaned = clean_svg(attack.encode()).decode().lower()
    except (Unsafe, ValueError):
        return
    assert "<script" not in cleaned
    assert "javascript:" not in cleaned
    assert "<!doctype" not in cleaned
    assert not [one for one in (" onload", ' onerror="', " onbegin", " onclick") if one in cleaned]
