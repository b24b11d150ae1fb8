"""Reviews beside what happens to their entries."""
