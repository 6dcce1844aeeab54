"""This machine: device and threads, files written whole, rates, cells of a spreadsheet.

Imports nothing of Unrolled.
"""
