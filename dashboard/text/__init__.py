"""Sections of the GPT lesson: from characters to byte pairs, and from its model to a Llama."""
