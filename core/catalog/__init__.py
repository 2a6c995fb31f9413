"""The catalog database: datasets, decisions, jobs, users, labels. SQLite (WAL) or PostgreSQL."""
