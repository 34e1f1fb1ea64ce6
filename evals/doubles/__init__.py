"""What stands in for the world outside: simulated, obeying and lying models; a small web."""
