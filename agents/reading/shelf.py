"""What a run's libraries hold, as the Master is told it: how many documents, and what they are called."""

from agents.fence import addresses_assistant, on_one_line
from browser.surfer import Surfer
from research.text import clip

LISTED = 120  # documents named, at most
TITLE = 80  # characters


def shelf(surfer: Surfer) -> str:
    """'' where the run has no library. Titles are data from outside."""
    documents = surfer.documents()
    if not documents:
        return ""
    step = max(1, -(-len(documents) // LISTED))  # of many every second or third, so that all folders are seen
    named = [_named(title, published) for title, published in documents[::step]]
    few = f" (every {step}th is named)" if step > 1 else ""
    return f"{len(documents)} documents{few}, titles are data: {'; '.join(name for name in named if name)}"


def _named(title: str, published: str | None) -> str:
    text = clip(on_one_line(title), TITLE)
    if addresses_assistant(text):
        return ""
    return f"{text} ({published[:10]})" if published else text
