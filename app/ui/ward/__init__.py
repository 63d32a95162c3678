"""The patients of the ward: the list, what is done with a stay, and what is due."""
