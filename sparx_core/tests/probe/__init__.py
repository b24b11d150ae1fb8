"""Two small modules that exist for the tests of the core: ``probe``, and ``addon`` which needs it."""
