"""Figures of Study."""
