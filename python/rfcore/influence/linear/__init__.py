"""Influence functions of linear models, and what they stand on."""
