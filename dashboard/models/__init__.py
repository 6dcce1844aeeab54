"""Choosing and loading a model and its input, and the cached traces of it, for every lesson."""
