"""What holds for the code of all distributions, read from its source."""
