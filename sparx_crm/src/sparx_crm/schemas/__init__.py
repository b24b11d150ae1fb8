"""The wire forms of the CRM."""
