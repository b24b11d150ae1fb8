"""Webhooks: events sent to addresses that a tenant names, signed, with retries, and a log."""
