"""Recurrent networks that learn: gradients through time, clipping, the gates of an LSTM."""
