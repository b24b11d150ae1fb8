"""Tables of the CMS."""
