"""What refers to a row, in the tables of every module: moved to another row, and read."""
