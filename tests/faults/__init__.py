"""What must hold when processes, the database or the queue die at the worst moment."""
