"""Words and rules of the ward, free of Qt and of I/O."""
