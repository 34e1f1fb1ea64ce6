"""What grades: invariants of a report, its Markdown read back, judges and their prompts, scores."""
