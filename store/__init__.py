"""Where layers, findings and the audit log live: SQLite by default, PostGIS by URL."""
