"""The wire form of what the CMS has."""
