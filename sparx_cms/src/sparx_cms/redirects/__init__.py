"""Redirects: their paths, what they may lead to, and what a path leads to."""
