"""The open note: its sections, its checks, its versions, its signature."""
