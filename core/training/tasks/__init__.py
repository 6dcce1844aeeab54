"""What is learned: images or dialogues, and the parts only one of them needs.

Part of core.training; each task gives the loop its batches and its loss.
"""
