"""Runs around their processes: queue, status, table, zip, fork. A run is a directory.

Imports core.run_files, config, data and models; never core.training, and torch only to check the
weights of a zip.
"""
