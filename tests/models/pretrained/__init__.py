"""Real models: our forward passes beside those of transformers, and what bad files meet."""
