"""Which addresses rich text may have."""

from __future__ import annotations

import pytest

from sparx_cms.richtext.urls import IMAGE_SCHEMES, is_safe


@pytest.mark.parametrize(
    "url",
    [
        *("https://example.com", "HTTP://example.com/a?b=c#d", "mailto:a@b.c", "tel:+43-1-234"),
        *(
            "/docs",
            "docs/a",
            "../a",
            "#part",
            "?page=2",
            "./a:b",
            "/a:b",
            "https://bücher.example/ä",
        ),
        "https://example.com/?a=1&b=2",
    ],
)
def test_addresses_that_run_nothing(url: str) -> None:
    assert is_safe(url)


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)"),
        *("java\tscript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)"),
        *("javascript&colon;alert(1)", "&#106;avascript:alert(1)", "&#x6A&#x61vascript:alert(1)"),
        *("&amp;#106;avascript:alert(1)", "java&Tab;script:alert(1)", "java&#x73;cript:alert(1)"),
        *("java\u200bscript:alert(1)", "java\u00adscript:alert(1)", "\u202ejavascript:alert(1)"),
        *("data:text/html,<script>alert(1)</script>", "vbscript:msgbox", "file:///etc/passwd"),
        *("blob:https://a/b", "view-source:x", "filesystem:x", "about:blank", "ms-office:x"),
        *("//evil.example", "\\\\evil.example", "/\\evil.example", "&#47;/evil.example"),
        *("https:evil.example", "https:/evil.example", "https:///evil.example", "http:"),
        *("", "a b", "https://a.b/" + "x" * 2048),
    ],
)
def test_addresses_that_could(url: str) -> None:
    assert not is_safe(url)


@pytest.mark.parametrize("url", ["mailto:a@b.c", "tel:1", "data:image/svg+xml,<svg>", None, 3])
def test_images_have_fewer_schemes(url: object) -> None:
    assert not is_safe(url, IMAGE_SCHEMES)
