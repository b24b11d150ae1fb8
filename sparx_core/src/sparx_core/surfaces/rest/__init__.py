"""REST: one Falcon route for each path of the declared operations."""
