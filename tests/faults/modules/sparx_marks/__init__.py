"""A module for tests: leaves one mark for each order, and gets into trouble when it is told to."""
