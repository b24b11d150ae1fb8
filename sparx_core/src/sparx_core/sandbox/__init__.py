"""Sandboxes: a second tenant of each tenant, to try things in, that can be emptied."""
