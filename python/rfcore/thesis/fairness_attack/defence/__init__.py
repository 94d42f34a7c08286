"""Sections 4.1.4 and 4.1.5: consensus fair clustering under the fairness attack."""
