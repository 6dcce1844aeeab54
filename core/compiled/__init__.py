"""C++ that is compiled on this machine when it is first needed, and vectors for it."""
