"""What only the lesson on the linear RNN needs, one file for each of its sections."""
