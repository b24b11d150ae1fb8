"""What arrives at the sockets of a real installation, with and without nginx in front."""
