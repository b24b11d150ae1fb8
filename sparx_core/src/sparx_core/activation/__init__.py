"""Which modules a tenant uses: the one answer that every gate asks."""
