"""Two modules: ``yard``, and ``depot`` which requires it and has tables of every kind."""
