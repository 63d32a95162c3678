"""Parts that every screen uses: the look, the words, and views of text that is not trusted."""
