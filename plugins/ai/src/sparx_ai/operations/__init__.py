"""What can be asked of the AI module over the API."""
