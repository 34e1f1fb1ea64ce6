"""What a run, reading and many runs at once cost on this machine; each is a command of its own."""
