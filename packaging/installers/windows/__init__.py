"""The setup program and the MSI for Windows, built on Debian: interpreter, packages, launchers, and their layout."""
