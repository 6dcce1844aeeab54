"""Did a lesson help: short parallel tests before, after and a week later, and their gain.

Imports core.study and the engine that computes the answers.
"""
