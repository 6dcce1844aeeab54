"""What the RNN's drawing and its instrument show; each file has a twin in JavaScript.

Imports core.linear_rnn and NumPy; a browser test holds the twins equal.
"""
