"""What packaging/build.py is made of: one module per thing that is built, and what they share."""
