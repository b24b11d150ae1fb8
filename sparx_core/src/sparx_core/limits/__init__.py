"""How much one key, one tenant or one stranger may ask: rates, and threads at once."""
