"""What reading and publishing takes in a tenant with 100,000 entries."""
