"""The verbs of the CMS."""
