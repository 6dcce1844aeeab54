"""What only the lessons on pictures need: the pictures, faithfulness, ViT against CNN."""
