"""Loss against width and data: small GPTs on the Grammar, and the power law fitted to them."""
