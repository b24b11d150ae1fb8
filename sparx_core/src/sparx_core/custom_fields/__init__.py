"""Fields that tenants define themselves, on resources that allow it."""
