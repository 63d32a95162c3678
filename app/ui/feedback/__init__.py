"""What the doctors said and did, to look back on."""
