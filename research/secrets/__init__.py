"""Keys and addresses: what they may look like, and that they are told nowhere."""
