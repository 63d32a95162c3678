"""The first start on a new data folder, page by page."""
