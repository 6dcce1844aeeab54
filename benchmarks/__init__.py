"""Measurements of the product beside a plainly written reference, in one run on one machine."""
