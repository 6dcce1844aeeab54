"""Study: questions that grade themselves, progress, rooms, storylines. Nothing is imported here."""
