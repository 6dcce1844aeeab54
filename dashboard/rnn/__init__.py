"""What only the lesson on the linear RNN needs: its matrix and its live experiments."""
