"""The discharge record that models write from the stay: side by side, checked, and put into the document."""
