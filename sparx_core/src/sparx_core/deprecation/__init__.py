"""What goes away: promised names and hooks of Python, and parts of the API."""
