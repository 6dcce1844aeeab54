"""Fetching a real model for a page: what it needs, in a separate process that can be cancelled."""
