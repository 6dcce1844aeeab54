"""Questions for other systems: QTI 2.1, Moodle XML, and a sheet to print with its key.

Imports core.study.
"""
