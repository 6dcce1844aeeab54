"""What a trained model does inside: traces, head metrics, attribution maps and their faithfulness.

Imports core.models and below.
"""
