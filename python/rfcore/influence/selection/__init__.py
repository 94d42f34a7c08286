"""What is done with influence: which rows to remove, reweigh, explain or label."""
