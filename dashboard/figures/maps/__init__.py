"""Figures of attention maps, of single heads, and of maps over pictures."""
