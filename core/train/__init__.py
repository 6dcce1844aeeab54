"""Training: recipes, the loop as a generator of records, and `python -m core.train`."""
