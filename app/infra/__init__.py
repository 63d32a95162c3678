"""Paths, bundled resources and logging; imports nothing else of the program."""
