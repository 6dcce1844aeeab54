"""The numbers that model answers quote: measured on this machine and stored.

Imports whatever it measures; `store` imports no torch.
"""
