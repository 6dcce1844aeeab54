"""Kinds of task that need more than a few lines: faults, figures, and the options of a choice."""
