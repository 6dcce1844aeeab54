"""A class's results: what a student hands in, the lecturer's tables, and summaries in bulk.

Imports core.study and core.system.
"""
