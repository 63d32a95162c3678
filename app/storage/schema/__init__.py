"""What each step of the schema's history does, by what it is about."""
