"""Fair clustering: algorithms that take protected groups."""
