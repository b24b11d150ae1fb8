"""Idempotency keys: a write that is sent again is answered again, and done once."""
