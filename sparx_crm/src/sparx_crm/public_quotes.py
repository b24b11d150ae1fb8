"""Quotes as buyers see them, who have a link and no key."""

from __future__ import annotations

from sparx_core import Public
from sparx_crm.operations.quotes import quotes
from sparx_crm.schemas.quotes import PublicQuoteSchema

public_quotes = Public("quotes", quotes, PublicQuoteSchema)
