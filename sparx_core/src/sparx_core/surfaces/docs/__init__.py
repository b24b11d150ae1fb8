"""Documentation for people, at ``/docs``: no script, and nothing from elsewhere."""
