"""Searching entries: what is kept of their text."""
