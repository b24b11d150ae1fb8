"""Reproducible measurements: the API beside the same SQL run by pgbench."""
