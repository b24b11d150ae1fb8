"""Processes: the packaged gunicorn configuration, and ending when the parent does."""
