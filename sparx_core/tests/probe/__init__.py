"""Two small modules for the tests of the core: ``probe``, and ``addon`` which needs it."""
