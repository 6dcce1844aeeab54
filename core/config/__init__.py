"""Settings as frozen and checked dataclasses: of a model, a recipe, a whole run.

Imports nothing that needs torch; `presets` names the recipes that the Train page offers.
"""
