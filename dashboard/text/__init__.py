"""Sections of the GPT lesson: from its model to a Llama."""
