"""Figures 3.2 to 3.8."""
