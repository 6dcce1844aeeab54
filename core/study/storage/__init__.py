"""SQLite files of the study pages: rooms of a poll, and progress kept on a class's server.

Imports core.study and core.system.
"""
