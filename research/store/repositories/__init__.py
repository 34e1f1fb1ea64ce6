"""What is kept, a noun a file; `Store` is all of them over one database."""
