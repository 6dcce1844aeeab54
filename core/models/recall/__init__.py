"""One large head or many small ones: attention that recalls symbols from several places."""
