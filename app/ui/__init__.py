"""Windows and widgets: no threads, no SQL, no prompts."""
