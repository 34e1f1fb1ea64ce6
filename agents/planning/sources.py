"""Where agents can look, as the Master is told it."""

from dataclasses import dataclass

from research.crew import Run


@dataclass(frozen=True)
class Sources:
    """Whether the sources are read `whole`, by one agent, and what the libraries hold."""

    whole: bool = False
    shelf: str = ""


def where(run: Run, sources: Sources) -> str:
    """Where agents can look."""
    allowed = run.question.sources
    places = [f"the private libraries {', '.join(allowed.libraries)}"] if allowed.libraries else []
    places += ["the web"] if allowed.web else []
    told = [f"{' and '.join(places)}."]
    if not allowed.web:
        told.append("There is no web.")
    if sources.whole:
        told.append("They are small: one agent reads all of them whole, so one task is enough.")
    if sources.shelf:
        told.append(f"The libraries hold {sources.shelf}")
    return " ".join(told)
