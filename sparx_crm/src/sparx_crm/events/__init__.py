"""What the CRM announces. Each payload is the resource as the API shows it."""
