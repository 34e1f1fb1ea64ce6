"""When a long-lived process looks for garbage. Its objects are almost all freed by their count;
looking for cycles at the interpreter's default pace took an eighth of a busy worker's time. Not
here: what a process keeps on purpose (`lru_cache.py`)."""

import gc

# objects made and not freed, then young collections, then middle ones
THRESHOLDS = (
    10_000,
    20,
    50,
)


def collect_rarely() -> None:
    """Leave out what is loaded by now, which stays, and look for cycles less often."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
