"""Saved views: the query of a list, kept under a name."""
