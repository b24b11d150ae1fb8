"""What the CRM refuses, beside what the core does."""
