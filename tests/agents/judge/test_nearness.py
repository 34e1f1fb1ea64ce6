"""What comes nearest to a statement by its words, among all that was read or in the documents named."""

