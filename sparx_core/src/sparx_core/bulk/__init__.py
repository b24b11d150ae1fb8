"""Many rows at once: batches, and the imports and exports that are worked off as jobs."""
