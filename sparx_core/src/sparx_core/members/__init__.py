"""The people who work for a tenant: who owns a record, and to whom a task is given."""
