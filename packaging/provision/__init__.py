"""What packaging/bootstrap.py is made of: standard library only, nothing of the program itself."""
