"""Figures of the linear RNN."""
