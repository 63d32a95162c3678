"""What is handed out for Linux x86_64."""
