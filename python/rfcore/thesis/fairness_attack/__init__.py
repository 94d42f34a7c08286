"""Section 4.1: false groups make fair clusterings unfair, and the defence."""
