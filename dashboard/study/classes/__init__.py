"""A class on the Study page: what its students see, what its lecturer sees, and its short tests."""
