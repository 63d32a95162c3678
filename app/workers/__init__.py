"""Background threads: one per model, one for storage."""
