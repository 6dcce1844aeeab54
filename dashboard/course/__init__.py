"""The course as a path: its stops on Home, the end of every lesson, and the words explained."""
