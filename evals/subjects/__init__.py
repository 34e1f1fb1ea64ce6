"""What is evaluated: where reports come from, the arms that answer questions, a run apart."""
