"""The crew for a small model: searches for the question's parts, picks sentences, and writes
nothing but the sources' own words."""

from agents.extractive.analyse import analyse
from agents.extractive.check import check
from agents.extractive.inherit import inherit
from agents.extractive.master import plan
from agents.extractive.summary import summarise as condense
from agents.extractive.verify import verify
from agents.extractive.writer import write
from agents.models import Models
from research.crew import Run
from research.domain import Feedback, Ledger, Trajectory

__all__ = ["analyse", "check", "inherit", "plan", "summarise", "write"]


async def summarise(run: Run, models: Models, trajectory: Trajectory, ledger: Ledger) -> Feedback:
    """What an agent's trajectory gives: claims and gaps of a search, verdicts and contradictions of
    a verification."""
    if trajectory.task.role == "verify":
        return await verify(run, models, trajectory, ledger)
    return await condense(run, models, trajectory)
