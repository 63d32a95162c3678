"""The benchmark: the program's own path against the bare libraries and llama.cpp, alternating in one session."""
