"""Quality checks of a note by rules (病历质控): pure functions, no model."""
