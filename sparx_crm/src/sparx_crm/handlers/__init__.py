"""What the CRM does after the fact."""
