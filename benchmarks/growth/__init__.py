"""How the time of a page grows with the tenant that it belongs to."""
