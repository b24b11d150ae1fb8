"""API keys: what a client presents, and how it is managed."""
