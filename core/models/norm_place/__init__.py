"""LayerNorm before or after the block: gradients at initialisation, and which depths train."""
