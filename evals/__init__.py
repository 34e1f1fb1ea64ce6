"""Evaluation: suites, graders, invariants. Start at `cli.py`, the commands; each suite reads as a
story in a module of `suites/`.

Not here: the service's doors (`api/`), which this package never imports.
"""
