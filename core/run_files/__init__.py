"""The files of a run directory: their schema, readers that check every field, the manifest.

Imports core.system alone and never torch, so that a listing of runs is read at once.
"""
