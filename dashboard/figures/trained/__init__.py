"""Figures of small trainings that are shipped as numbers."""
