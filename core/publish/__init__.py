"""The commands that create the contents of assets/: trained models, their cards, measured curves.

May import everything in core except core.study; only the dashboard imports it.
"""
