"""The settings of one data folder. Qt-free."""
