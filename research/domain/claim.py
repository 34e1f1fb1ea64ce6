"""What is known: claims with their evidence, what contradicts what, and the ledger of both."""

from typing import Literal

from research.domain.base import Confidence, Noun, Standing, Verdict
from research.domain.evidence import Drawing, Quote, RunEvidence


class Claim(Noun):
    """One checkable statement with its evidence: quotes, or for what was computed the `runs`.
    `relevance` (0 to 1) is measured against the question, `documents` counts the independent
    sources that say it: sites of the web, documents of a library. `answer` is the short answer it
    gives to the `goal` it was found for, '' if it gives none; `standing` is the best of its
    documents'.

    A claim of a strong model also tells whose `measure` it gives, the `value` with its `unit`, the
    time it speaks of (`as_of`), who says it, which `parts` of a good answer it bears on (from 1),
    and which other claims say the same (`same_as`)."""

    id: str
    text: str
    evidence: tuple[Quote, ...]
    runs: tuple[RunEvidence, ...] = ()
    relevance: float = 0.0
    verdict: Verdict = "insufficient"
    reason: str = ""
    documents: int = 1
    goal: str = ""
    answer: str = ""
    private: bool = False
    standing: Standing = "current"
    subject: str = ""
    measure: str = ""
    value: str = ""
    unit: str = ""
    as_of: str = ""
    speaker: str = ""
    parts: tuple[int, ...] = ()
    same_as: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether it may be told as a fact: not one that is refuted, nor one that was looked at and
        not found in its quotes."""
        return self.verdict != "refuted" and not (self.verdict == "insufficient" and self.reason)


class Side(Noun):
    """What one side says. `title`, `year` and `standing` are its document's; `date` is the time it
    speaks of, '' if unknown; `runs` are programs that computed it."""

    text: str
    evidence: tuple[Quote, ...]
    runs: tuple[RunEvidence, ...] = ()
    title: str = ""
    year: str = ""
    date: str = ""
    standing: Standing = "current"


class Contradiction(Noun):
    """Statements on the same subject and measure that cannot all hold, or those that a later one
    supersedes, which is the last side. What `note` says of why may rest on `grounds`, beside what
    the sides quote."""

    topic: str
    note: str
    grounds: tuple[Quote, ...] = ()
    kind: Literal["conflict", "superseded"]
    sides: tuple[Side, ...]


class Inference(Noun):
    """The analyst's own conclusion from claims; `warrant` says why it follows, `overturned_by` what
    would undo it. A `synthesis` says of how many sources something is true: its wording and its
    count are made by code, its premises are the members counted."""

    text: str
    premises: tuple[str, ...]
    kind: Literal["inference", "synthesis"] = "inference"
    warrant: str = ""
    confidence: Confidence = "low"
    overturned_by: str = ""


class Remark(Noun):
    """Something worth telling about several claims or sentences, named by their ids: a surprise, a
    tension."""

    text: str
    ids: tuple[str, ...] = ()


class Findings(Noun):
    """What was found, by one agent or by all: claims, contradictions, open gaps, what was tried.
    `standings` are what documents were found to be, by snapshot, where a model read them."""

    claims: tuple[Claim, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    gaps: tuple[str, ...] = ()
    dead_ends: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    pages: int = 0
    drawings: tuple[Drawing, ...] = ()
    surprises: tuple[Remark, ...] = ()
    standings: dict[str, Standing] = {}


class Ledger(Findings):
    """All that is known, claims with their verdicts."""

    inferences: tuple[Inference, ...] = ()
    failures: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    def by_id(self) -> dict[str, Claim]:
        return {claim.id: claim for claim in self.claims}
