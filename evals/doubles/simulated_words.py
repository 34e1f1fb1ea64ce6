"""What the simulated model compares texts by: their words and figures."""

import re

STOP = {
    *"的是多少有",
    "what",
    "how",
    "the",
    "is",
    "of",
    "and",
    "a",
    "has",
    "been",
    "was",
    "who",
    "in",
    "did",
    "does",
    "it",
    "written",
    "that",
}


def words(text: str) -> set[str]:
    """Latin words but the smallest, and Chinese characters."""
    return set(re.findall(r"[\u4e00-\u9fff]|[a-z0-9]+", text.lower())) - STOP


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.,]\d+)*", text))
