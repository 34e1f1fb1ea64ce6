"""The crew of the small embedded model; `crew.py` is its façade."""
