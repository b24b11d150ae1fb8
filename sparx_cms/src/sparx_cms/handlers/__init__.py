"""What workers do after facts."""
