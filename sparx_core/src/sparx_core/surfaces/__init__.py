"""Surfaces: what the declarations look like from outside."""
