"""Texts made false on purpose: altered figures, mutated statements, lies and attacks for pages."""
