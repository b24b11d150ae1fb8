"""What workers do with webhook deliveries: claim them, send them, and tell what came of it."""
