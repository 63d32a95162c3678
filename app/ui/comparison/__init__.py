"""The models' answers: side by side, judged, and put into the note."""
