"""The one parser for typed algebra: normalise the spelling, cut tokens, build a tree, expand it.

Used by `core.linear_rnn.parse_answer` and by the grading of algebra questions. Imports only
core.linear_rnn.expansion; nothing that was typed is evaluated.
"""
