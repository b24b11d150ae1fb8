"""Tests of what crosses the distributions."""
