"""What only the lesson on decoding needs: one file for each of its sections, and their texts."""
