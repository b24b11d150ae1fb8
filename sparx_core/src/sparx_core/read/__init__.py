"""Reading: a selection of a resource's fields and relations is one SELECT that returns JSON."""
