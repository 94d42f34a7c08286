"""Section 4.2: which training rows to remove."""
