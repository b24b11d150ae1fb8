"""Searching over resources: one question, and the best of all that can be searched."""
