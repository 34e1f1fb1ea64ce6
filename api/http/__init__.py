"""The server and what every answer has in common: connections, problems,
preferences, names of requests."""
