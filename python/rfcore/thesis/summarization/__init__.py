"""Section 3.2: fair summaries of videos."""
