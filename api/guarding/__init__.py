"""Who may come in, and how often: keys, sign-in, limits."""
