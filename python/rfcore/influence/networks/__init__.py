"""Influence functions of whole networks, and what they stand on."""
