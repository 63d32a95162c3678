"""Documents for other programs and for paper. Qt-free."""
