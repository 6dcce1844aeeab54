"""What only the Study page needs: question steps, progress, rooms and their phones."""
