"""The thesis's tables and figures: a folder for each section that reports numbers."""
