"""The SQLite database: one writing connection, migrations, repositories."""
