"""What only the lessons on attention need: edits of a head, its steps, position data."""
