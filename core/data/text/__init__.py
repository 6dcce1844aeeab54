"""Text data: Tiny Shakespeare, the Grammar, and dialogues as data sets of token ids.

Imports core.data and below.
"""
