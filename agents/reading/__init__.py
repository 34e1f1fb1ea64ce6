"""What agents with a strong model read: documents as contiguous text, each sentence by its stable
name."""
