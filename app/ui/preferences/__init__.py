"""Language and look, and what the hospital decided."""
