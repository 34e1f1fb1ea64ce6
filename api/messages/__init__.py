"""What clients say and are answered."""
