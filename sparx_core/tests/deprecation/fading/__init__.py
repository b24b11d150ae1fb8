"""A module some of which goes away."""
