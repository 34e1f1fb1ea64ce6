"""Of the ways in which an Office document gives one thing (`mc:AlternateContent`), the one that is
read. Pure.
"""

from typing import Any

_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"


def choose_alternatives(root: Any, *words: str) -> None:
    """Put the newest way in place where it has text in elements of the names `words`, else the one
    meant for older readers.
    """
    for alternative in list(root.iter(f"{_COMPATIBILITY}AlternateContent")):
        choices = alternative.findall(f"{_COMPATIBILITY}Choice")
        fallback = alternative.find(f"{_COMPATIBILITY}Fallback")
        worded = (
            one for one in choices if any((text.text or "").strip() for text in one.iter(*words))
        )
        chosen = next(worded, fallback if fallback is not None else next(iter(choices), None))
        parent = alternative.getparent()
        if parent is not None:
            at = parent.index(alternative)
            parent[at : at + 1] = list(chosen) if chosen is not None else []
