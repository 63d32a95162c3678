"""What a user can do, as objects with signals: comparison, note, feedback, shutdown."""
