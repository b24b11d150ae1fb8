"""The verbs of the CRM."""
