"""The database: connections, tenant models, their walls, migrations."""
