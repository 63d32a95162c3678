"""The models of this computer: what they cost and give, and what can be done to them."""
