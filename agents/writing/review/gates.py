"""The two gates of every string that a model wrote: what code can tell, then the judge.

A string is put through them once: over the same evidence, under the same heading, its finding
stands. Not here: what is asked of a piece (`statements.py`), what becomes of what fails
(`repair.py`, `review.py`)."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from agents.judge.judging import Judge, Statement, Verdict
from agents.writing import reading
from agents.writing.review.pieces import Key, Piece, evidence_of
from agents.writing.review.statements import Asked, Asking
from research.domain import DraftSentence, Evidence, SentenceVerdict

OVERSTATED = (
    "plausible only: name the further premises that carry it, or narrow it, or word it as "
    "uncertain and mark it low"
)


@dataclass(frozen=True)
class Finding:
    """What the gates say of one string: `verdict` None is a failure without a word of the judge."""

    verdict: SentenceVerdict | None
    missing: tuple[str, ...] = ()
    hedged: bool = False
    judged: bool = True

    @property
    def passed(self) -> bool:
        """Whether it may stand as it is; a plausible inference may if it says itself that it is
        uncertain."""
        return self.verdict == "supported" or (self.verdict == "partial" and self.hedged)


class Gates:
    """The gates of one draft, and what they found, by the keys of `statements.py`."""

    def __init__(self, asked: Asked, judge: Judge) -> None:
        self._asked, self._judge = asked, judge
        self._findings: dict[Key, Finding] = {}
        self._failed_together: dict[tuple[Key, ...], tuple[Statement, Finding]] = {}
        self._heading_evidence: dict[str, list[frozenset[Evidence]]] = {}

    @property
    def unjudged(self) -> int:
        """How many strings the judge gave no verdict on."""
        return sum(not found.judged for found in self._findings.values())

    async def examine(self, pieces: Sequence[Piece]) -> None:
        """Put every string of these pieces through both gates that was not yet."""
        # figures of hundreds of sentences take a while
        passed_code = await asyncio.to_thread(self._by_code, pieces)
        verdicts = await self._judge.verdicts(list(passed_code.values()))
        for (keys, statement), verdict in zip(passed_code.items(), verdicts, strict=True):
            found = finding(statement, verdict)
            self._note(keys, statement, found)
            if statement.kind == "heading" and found.passed:
                judged_by = self._heading_evidence.setdefault(statement.text, [])
                judged_by.append(frozenset(statement.evidence))

    async def examine_failed_rows(self, pieces: Sequence[Piece]) -> None:
        """Ask one by one about cells that failed together, to find those that do not hold; from
        now on cells are asked so. A row of which each cell holds alone has failed all the same;
        names of rows have not."""
        self._asked.cell_by_cell = True
        failed, self._failed_together = self._failed_together, {}
        for key in (key for keys in failed for key in keys):
            self._findings.pop(key, None)
        if failed:
            await self.examine(pieces)
        for keys, (statement, found) in failed.items():
            if statement.kind == "cell" and all(self._found(key).passed for key in keys):
                self._findings |= dict.fromkeys(keys, replace(found, judged=True))

    def of(self, sentence: DraftSentence) -> Finding:
        key = self._asked.key_of(sentence)
        return self._found(key) if key else Finding(None)

    def _found(self, key: Key) -> Finding:
        return self._findings.get(key, Finding(None))

    def failures(self, piece: Piece) -> Iterator[tuple[Asking, Finding]]:
        """What failed of a piece, in reading order."""
        for asking in self._asked.of(piece):
            found = [self._findings[key] for key in asking.keys if key in self._findings]
            failed = next((one for one in found if not one.passed), None)
            if failed:
                yield asking, failed

    def stands(self, name: Piece) -> bool:
        """Whether a title or heading passed, over what is under it."""
        return self._found(name.key).passed

    def rests(self, name: Piece) -> bool:
        """Whether a title or heading passed once and all that it was judged by is still there."""
        there = set(evidence_of(reading.sentences_of(*name.under)))
        judged_by = self._heading_evidence.get(name.text, ())
        return any(evidence and evidence <= there for evidence in judged_by)

    def _by_code(self, pieces: Sequence[Piece]) -> dict[tuple[Key, ...], Statement]:
        """The first gate; what passes it is for the judge."""
        passed: dict[tuple[Key, ...], Statement] = {}
        for piece in pieces:
            for asking in self._asked.of(piece):
                keys = tuple(key for key in asking.keys if key not in self._findings)
                if not keys or keys in passed:
                    continue
                if asking.wrong:
                    self._note(keys, asking.statement, Finding(None, asking.wrong))
                else:
                    passed[keys] = asking.statement
        return passed

    def _note(self, keys: tuple[Key, ...], statement: Statement, found: Finding) -> None:
        self._findings |= dict.fromkeys(keys, found)
        if len(keys) > 1 and not found.passed:
            self._failed_together[keys] = statement, found


def finding(statement: Statement, verdict: Verdict | None) -> Finding:
    if verdict is None:
        return Finding(None, judged=False)
    missing = (verdict.missing,) if verdict.missing else ()
    match verdict.word:
        case "unsupported" | "refuted":
            return Finding(None, missing)
        case "disputed":
            return Finding("contested", missing)
        case "partial" if statement.kind == "inference":
            hedged = statement.confidence == "low"
            return Finding("partial", (*missing, OVERSTATED), hedged)
        case word:
            return Finding(word, missing)
