"""Two hundred texts that somebody who means no good puts wherever a text fits."""

from __future__ import annotations

from itertools import product

#: Ends of a value in SQL, what then runs, and how the rest is got rid of.
_ENDS = ("'", '"', "')", "$$", "\\'", "")
_ACTS = (
    " OR 1=1",
    "; DELETE FROM shop.products",
    " UNION SELECT secret FROM core.secrets",
    "||pg_sleep(9)||",
    "; SET LOCAL sparx.tenant_id = ''",
    "::int",
)
_TAILS = ("--", "/*")

#: What formats, paths, patterns and parsers may take for more than text.
_WORDS = (
    "%s", "%(x)s", "%d", "%", "%%", "{0}", "{}", "{0.__class__}", "$1", ":name", "?", "${x}",
    "$.a", "$[*]", "#>>'{a}'", "->>'a'", "@@", "a->b", "a.b.c", "..", ".", ",", ",,", "*", "*.*",
    "[", "]", "[]", "[eq]", "a[b]", "(", ")", "()", "\\", "\\\\", "\\x00", "\\0", "\\u0000", "\0",
    "a\0b", "%00", "\r\n", "a\nb", "\t", " ", "   ", "\u00a0", "\u2028", "\u200b", "\ufeff",
    "\u202e", "\ufffd", "\ufffe", "\uffff", "\U0001f600", "\U0010ffff", "e\u0301", "\u0301",
    "\u00df", "\u1e9e", "\u0130", "\u0131", "\ufb01", "\ufdfa", "\u0660", "\uff11",
    "_", "%_%", "a%", "_%\\", "NULL", "null", "None", "undefined", "true", "TRUE", "nan", "NaN",
    "-NaN", "sNaN", "Infinity", "-inf", "infinity", "-infinity", "now", "today", "epoch",
    "0", "-0", "00", "+1", " 1", "1 ", "1_000", "0x10", "1e1", "1e400", "1e-400", "1E+999999999",
    "0e999999999", ".5", "5.", "-1", "-1e5", "1.00000000000000000000000000000000001",
    "2147483648", "-2147483649", "9223372036854775808", "-9223372036854775809",
    "99999999999999999999999999999999999999", "99999999999999.9999", "100000000000000",
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "{00000000-0000-0000-0000-000000000000}", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
    "0000-00-00T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "10000-01-01T00:00:00Z",
    "2026-01-01T00:00:60Z", "2026-01-01T00:00:00+23:59", "\u0662\u0660\u0662\u0666-01-01T00:00:00Z",
    "de", "de-DE", "DE", "de_DE", "zz-Zzzz-ZZ", "C", "id", "-id", "--id", "tenant_id", "version",
    "xmin", "ctid", "core", "shop.products", "pg_catalog", "__proto__", "constructor", "self",
)  # fmt: skip
_LONG = (
    "x" * 4000, "." * 4000, "a." * 2000 + "a", "substitute." * 300 + "id", "," * 4000,
    "a," * 2000, "'" * 4000, "[" * 4000, "%" * 4000, "\U0001f600" * 1000, "e\u0301" * 1000,
    "9" * 4000, "0." + "0" * 4000 + "1", "-" * 4000, " " * 4000, "x " * 2000, "\ufdfa" * 500,
)  # fmt: skip

PAYLOADS: tuple[str, ...] = tuple(
    dict.fromkeys((*_WORDS, *_LONG, *("x" + "".join(one) for one in product(_ENDS, _ACTS, _TAILS))))
)
