"""The suites of `leadline eval`, a module each: what is measured, on what, and what counts."""
