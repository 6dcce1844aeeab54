"""Runs: a training as a directory that outlives every process that looks at it."""
