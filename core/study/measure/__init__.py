"""Numbers that model answers quote, measured on this machine and kept.

Imports whatever it measures; `measured` reads what is kept and imports no torch.
"""
