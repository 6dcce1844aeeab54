"""SQLite files of the study pages: rooms for polls, and the progress of a class.

Imports core.study and core.system.
"""
