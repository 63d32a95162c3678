"""What doctors did with suggestions, as training data that may leave the hospital."""
