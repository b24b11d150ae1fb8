"""A quote as a PDF document."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

import fontpkg_noto_sans
from fpdf import FPDF
from fpdf.fonts import CoreFont, TTFFont

from sparx_core import currency_digits
from sparx_crm.models.quotes import Quote, QuoteItem

_FONT = (fontpkg_noto_sans.__name__, "files/NotoSans[wdth,wght].ttf")
#: Used for what the font lacks, if they are installed: ``pip install "sparx-crm[cjk]"``.
_FURTHER = (
    ("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"),
    ("pylopdf_fonts_ko", "NotoSansKR-Regular.otf"),
)
#: Stands for a character that no font has: somebody sees that something is missing.
MISSING = "\N{REPLACEMENT CHARACTER}"
_GREY, _BLACK = (95, 99, 104), (20, 20, 20)
_LIGHT = (218, 220, 224)
#: Millimetres: the widths of the columns, and a line.
_WIDTHS, _HEIGHT = (70, 16, 24, 20, 20, 24), 5
_HEADINGS = ("Item", "Pieces", "Unit price", "Discount", "Tax", "Total")

# A subset of a font is no news.
logging.getLogger("fontTools").setLevel(logging.ERROR)


def make_pdf(seller: str, buyer: Sequence[str], quote: Quote, items: Sequence[QuoteItem]) -> bytes:
    """The document; the same bytes whenever it is made of the same."""
    page = _Page(_texts(seller, buyer, quote, items))
    page.set_title(f"Quote {quote.number}, version {quote.revision}")
    page.set_creation_date(quote.sent_at or quote.created_at)
    page.set_producer("Sparx")
    page.set_lang("en")
    page.add_page()
    _head(page, seller, buyer, quote)
    _lines(page, quote, items)
    _totals(page, quote, items)
    for heading, text in (("Terms", quote.terms), ("Note", quote.customer_note)):
        if text:
            page.ln(5)
            page.say(heading, 9, _GREY)
            page.say(text, 10)
    return bytes(page.output())


class _Page(FPDF):
    """Pages with fonts for ``texts``."""

    def __init__(self, texts: Iterable[str]) -> None:
        super().__init__(format="A4")
        self.set_margins(18, 18)
        self.set_auto_page_break(True, 20)
        self.add_font("text", "", _file(*_FONT))
        self.known = _characters(self.fonts["text"])
        if self._missing(texts):
            self._add_further()
        self.set_font("text", size=10)

    def footer(self) -> None:
        self.set_y(-14)
        self.set_font("text", size=8)
        self.set_text_color(*_GREY)
        self.cell(0, 6, f"{self.title} \N{EN DASH} page {self.page_no()}", align="C")

    def say(self, text: str, size: float, colour: tuple[int, int, int] = _BLACK) -> None:
        """A paragraph."""
        self.set_font("text", size=size)
        self.set_text_color(*colour)
        self.multi_cell(0, None, self.clean(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def clean(self, text: str) -> str:
        """A text with every character one that can be shown."""
        composed = unicodedata.normalize("NFC", text.replace("\t", " ").replace("\r\n", "\n"))
        return "".join(
            one if one == "\n" or ord(one) in self.known else MISSING
            for one in composed
            if one == "\n" or unicodedata.category(one) not in ("Cc", "Cf")
        )

    def _missing(self, texts: Iterable[str]) -> bool:
        return any(ord(one) > 127 and ord(one) not in self.known for text in texts for one in text)

    def _add_further(self) -> None:
        names = []
        for package, name in _FURTHER:
            if find_spec(package) is not None:
                self.add_font(package, "", _file(package, name))
                self.known |= _characters(self.fonts[package])
                names.append(package)
        if names:
            self.set_fallback_fonts(names)


def _characters(font: CoreFont | TTFFont) -> set[int]:
    assert isinstance(font, TTFFont)
    return set(font.cmap)


def _file(package: str, name: str) -> str:
    return str(files(package).joinpath(name))


def _texts(
    seller: str, buyer: Sequence[str], quote: Quote, items: Sequence[QuoteItem]
) -> Iterator[str]:
    yield from (seller, *buyer, quote.terms or "", quote.customer_note or "")
    for one in items:
        yield from (one.sku, one.name, one.description or "")
        yield from (tax["name"] for tax in one.taxes)
    for line in quote.shipping_lines:
        yield from (line["name"], *(tax["name"] for tax in line["taxes"]))


def _head(page: _Page, seller: str, buyer: Sequence[str], quote: Quote) -> None:
    page.say(seller, 10, _GREY)
    page.ln(2)
    page.say(f"Quote {quote.number}", 20)
    page.say(f"Version {quote.revision}", 10, _GREY)
    page.ln(4)
    for name in buyer:
        page.say(name, 11)
    page.ln(3)
    page.say(
        f"Issued on {quote.issue_date:%Y-%m-%d}. Valid until {quote.valid_until:%Y-%m-%d}.", 10
    )
    page.say(f"All amounts in {quote.currency}.", 10)
    page.ln(4)


def _lines(page: _Page, quote: Quote, items: Sequence[QuoteItem]) -> None:
    _row(page, _HEADINGS, _GREY)
    for one in items:
        _row(page, _cells(page, quote.currency, one))
    for line in quote.shipping_lines:
        amount, tax = _money(line["amount"], quote), _money(line["tax"], quote)
        _row(page, (page.clean(line["name"]), "", amount, "", tax, _money(line["total"], quote)))


def _row(page: _Page, cells: Sequence[str], colour: tuple[int, int, int] = _BLACK) -> None:
    """A line of the table: its text may go on over several lines, and pages."""
    page.set_font("text", size=9)
    page.set_text_color(*colour)
    text, *numbers = cells
    for place, part in enumerate(_wrapped(page, text, _WIDTHS[0])):
        if page.will_page_break(_HEIGHT):
            page.add_page()
        page.cell(_WIDTHS[0], _HEIGHT, part)
        if place == 0:
            for width, number in zip(_WIDTHS[1:], numbers, strict=True):
                page.cell(width, _HEIGHT, number, align="R")
        page.ln(_HEIGHT)
    page.set_draw_color(*_LIGHT)
    page.line(page.l_margin, page.get_y(), page.w - page.r_margin, page.get_y())


def _wrapped(page: _Page, text: str, width: int) -> list[str]:
    found: list[str] = []
    for part in text.split("\n"):
        if page.get_string_width(part) < width - 3:
            found.append(part)
        else:
            broken: Any = page.multi_cell(width, _HEIGHT, part, dry_run=True, output="LINES")
            found += broken
    return found


def _cells(page: _Page, currency: str, item: QuoteItem) -> tuple[str, ...]:
    told = f"{item.name}\n{item.sku}" + (f"\n{item.description}" if item.description else "")
    digits = currency_digits()[currency]
    price = item.unit_price.normalize()
    places = -int(price.as_tuple().exponent)
    return (
        page.clean(told),
        f"{item.quantity:,}",
        f"{price:,.{max(digits, places)}f}",
        *(
            f"{amount:,.{digits}f}"
            for amount in (item.discount_amount + item.allocated_discount, item.tax, item.total)
        ),
    )


def _totals(page: _Page, quote: Quote, items: Sequence[QuoteItem]) -> None:
    rows = [("Subtotal", quote.subtotal)]
    if quote.discount_total:
        rows.append(("Discount", -quote.discount_total))
    if quote.shipping_lines:
        rows.append(("Shipping", quote.shipping_total))
    rows += [(name, amount) for name, amount in _taxes(quote, items).items()]
    page.ln(3)
    for name, amount in rows:
        _total(page, page.clean(name), _money(amount, quote), 10)
    _total(page, "Total", f"{_money(quote.total, quote)} {quote.currency}", 13)


def _total(page: _Page, name: str, amount: str, size: float) -> None:
    page.set_font("text", size=size)
    page.cell(110, size * 0.55, name, align="R")
    page.cell(0, size * 0.55, amount, align="R", new_x="LMARGIN", new_y="NEXT")


def _taxes(quote: Quote, items: Sequence[QuoteItem]) -> dict[str, Decimal]:
    """What each tax comes to, those in prices named as such."""
    found: dict[str, Decimal] = {}
    taxed: list[tuple[Any, bool]] = [(one.taxes, one.tax_inclusive) for one in items]
    taxed += [(one["taxes"], one["taxInclusive"]) for one in quote.shipping_lines]
    for taxes, inclusive in taxed:
        for tax in taxes:
            rate = f"{Decimal(tax['rate']).normalize():f}"
            name = f"{'Of it ' if inclusive else ''}{tax['name']} {rate} %"
            found[name] = found.get(name, Decimal(0)) + Decimal(tax["amount"])
    return found


def _money(amount: Any, quote: Quote) -> str:
    return f"{Decimal(amount):,.{currency_digits()[quote.currency]}f}"
