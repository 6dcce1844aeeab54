"""Text data: Tiny Shakespeare, Grammar, Refrain, and dialogues as data sets of token ids.

Imports core.data and below.
"""
