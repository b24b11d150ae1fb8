"""Plans, releases, approval, and working together."""
