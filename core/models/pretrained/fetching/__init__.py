"""Fetching a real model for a page: what it will take, in a process of its own, with a way back."""
