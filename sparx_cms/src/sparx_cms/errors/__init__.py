"""What the CMS refuses, beside what the core does."""
