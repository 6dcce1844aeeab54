"""This machine: device and threads, processor, folders, files written whole, rates, CSV cells.

Imports nothing of Unrolled.
"""
