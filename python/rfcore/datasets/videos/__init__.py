"""The annotated videos of thesis 3.2, and how their official files are read."""
