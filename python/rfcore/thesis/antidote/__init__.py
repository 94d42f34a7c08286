"""Section 3.1: a few added rows make a clustering fairer."""
