"""How large a patch should be: one small ViT with patches of 2, 4 and 8 pixels."""
