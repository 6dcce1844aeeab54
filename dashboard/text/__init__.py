"""From characters to words to byte pairs: how a text becomes tokens."""
