"""What is asked for, as frozen and checked dataclasses: a model, a recipe, a whole run.

Imports nothing that needs torch; `presets` names the recipes that the Train page offers.
"""
