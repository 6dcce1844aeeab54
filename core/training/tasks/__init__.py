"""The tasks, images and dialogues, and the parts that only one of them needs.

Part of core.training; a task gives the loop its batches and its loss.
"""
