"""Keeping up with what is live."""
