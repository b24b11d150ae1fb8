"""The facts of the CMS."""
