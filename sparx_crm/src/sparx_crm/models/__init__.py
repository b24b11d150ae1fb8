"""The tables of the CRM."""
