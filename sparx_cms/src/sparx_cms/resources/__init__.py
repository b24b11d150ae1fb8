"""What cannot be derived."""
