"""Section 2.2.6: one moved row makes others change cluster."""
