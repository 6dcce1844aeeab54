"""Study: questions and their grading, progress, rooms, storylines, lessons to take away.

Imports whatever it measures; knows no page and no key of a control.
"""
