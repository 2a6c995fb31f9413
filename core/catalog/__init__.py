"""The catalog: what exists, what was decided, who did it. SQLite (WAL) or PostgreSQL."""
