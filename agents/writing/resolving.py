"""What the marks of a writer stand for: quotes of pages that were read, runs, calculations, the
search log.

A name that stands for nothing is told (`problems`), never guessed. Not here: whether the evidence
supports the sentence (`agents/judge/`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field

from agents.writing import marks
from agents.writing.arithmetic import Arithmetic
from agents.writing.marks import WrittenMark
from research.domain import (
    Calculation,
    Claim,
    Confidence,
    DraftSentence,
    Evidence,
    Ledger,
    Mark,
    Quote,
    RunEvidence,
    SearchLog,
    SentenceKind,
)
from research.store.documents import Documents

ABSENT = "absent"  # the same, that it rests on what was not found too
_SURE: Sequence[Confidence] = ("low", "medium", "high")
CITED = 6  # quotes of one claim that a sentence cites: a row of numbers helps no reader
INFERENCE = "i"  # among the ids of a mark: it says that the clause is the writer's own conclusion


@dataclass
class Resolver:
    """Everything that a mark of one report can name. `calculations` and `runs` are by id."""

    ledger: Ledger
    documents: Documents
    log: SearchLog
    question: InitVar[str] = ""
    today: InitVar[str] = ""
    languages: InitVar[tuple[str, ...]] = ("en",)
    calculations: Mapping[str, Calculation] = field(default_factory=dict)
    runs: Mapping[str, RunEvidence] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)  # of runs, by `run_id`

    def __post_init__(self, question: str, today: str, languages: tuple[str, ...]) -> None:
        self._claims = self.ledger.by_id()
        self.arithmetic = Arithmetic(
            self.documents,
            lambda refs: self.evidence(refs)[0],
            question,
            today,
            languages,
            self.calculations,
            self.outputs,
        )

    def know(self, known: Mapping[str, Calculation]) -> None:
        """From now on marks may name these calculations, by their ids."""
        self.calculations = self.arithmetic.known = known

    def claim(self, ref: str) -> Claim | None:
        return self._claims.get(ref)

    def evidence(self, refs: Iterable[str]) -> tuple[list[Evidence], list[str]]:
        """The evidence that these ids stand for, and the ids that stand for none."""
        found: list[Evidence] = []
        unknown: list[str] = []
        sentences: list[str] = []
        for ref in refs:
            claim, calculation = self._claims.get(ref), self.calculations.get(ref)
            if claim is not None:
                found += [*claim.evidence[:CITED], *claim.runs]
            elif calculation is not None:
                found += [calculation, *(e for one in calculation.inputs for e in one.evidence)]
            elif ref in self.runs:
                found.append(self.runs[ref])
            elif self.documents.places([ref]):
                sentences.append(ref)
            else:
                unknown.append(ref)
        found += self.documents.quotes(sentences)
        return [*found, *self._started_from(found)], unknown

    def _started_from(self, found: Sequence[Evidence]) -> Iterable[Quote]:
        """What programs started from, where nothing is cited beside their output: which of it a
        figure comes from, only who names sentences can tell."""
        if not any(isinstance(one, Quote) for one in found):
            for one in found:
                if isinstance(one, RunEvidence):
                    yield from self.documents.quotes(one.inputs)

    def quotes(self, refs: Iterable[str]) -> list[Quote]:
        return [one for one in self.evidence(refs)[0] if isinstance(one, Quote)]

    def sentence(self, text: str, marks: Sequence[tuple[int, WrittenMark]]) -> DraftSentence:
        """A sentence with what its marks rest on. A clause begins where the one before it ends."""
        evidence: list[Evidence] = []
        placed: list[Mark] = []
        start = 0
        for end, mark in marks:
            own = self._of_mark(mark)
            evidence += [one for one in own if one not in evidence]
            refs = (f"={mark.expression}", *mark.refs) if mark.expression else mark.refs
            refs = (mark.kind,) if mark.kind in ("given", "method") else refs
            refs = tuple(ref for ref in refs if ref != ABSENT)
            refs = (INFERENCE, *refs) if mark.kind == "inference" else refs
            placed.append(
                Mark(
                    start=start, end=end, evidence=tuple(evidence.index(o) for o in own), refs=refs
                )
            )
            start = end
        written = [mark for _, mark in marks]
        drawn = [mark for mark in written if mark.kind == "inference"]
        return DraftSentence(
            text=text,
            kind=_kind(written, evidence),
            claims=tuple(
                dict.fromkeys(ref for mark in written for ref in mark.refs if ref in self._claims)
            ),
            confidence=min(
                (one.confidence or "low" for one in drawn), key=_SURE.index, default=None
            ),
            overturned_by=next((one.overturned_by for one in drawn if one.overturned_by), ""),
            evidence=tuple(evidence),
            marks=tuple(_joined(placed)),
        )

    def problems(self, sentence: DraftSentence) -> list[str]:
        """What is wrong with the marks of a sentence: names that stand for nothing, calculations
        that cannot be done, an inference without premises."""
        wrong = [f"{one} is no mark" for one in marks.unread(sentence.text)]
        for mark in sentence.marks:
            expression = next((ref[1:] for ref in mark.refs if ref.startswith("=")), "")
            refs = [
                ref
                for ref in mark.refs
                if not ref.startswith("=") and ref not in (INFERENCE, "given")
            ]
            if expression:
                wrong += self.arithmetic.on_the_spot(expression, refs)[1]
            unknown = (ref for ref in self.evidence(refs)[1] if ref not in ("given", "method"))
            wrong += [
                f"{ref} is no claim, sentence or calculation"
                for ref in unknown
                if not marks.DOCUMENT.fullmatch(ref)
            ]
        if sentence.kind == "inference" and not (
            sentence.evidence or any("given" in mark.refs for mark in sentence.marks)
        ):
            wrong.append(
                "an inference names what it rests on: claims, sentences, calculations, or given"
            )
        return wrong

    def _of_mark(self, mark: WrittenMark) -> list[Evidence]:
        if mark.kind in ("given", "method"):
            return []
        if mark.kind == "absent":
            return [self._absence(mark.refs)]
        found, _ = self.evidence(mark.refs)
        found += [self.log] if ABSENT in mark.refs else []
        if mark.kind != "calculation":
            return list(dict.fromkeys(found))
        made, _ = self.arithmetic.on_the_spot(mark.expression, mark.refs)
        return list(dict.fromkeys([made, *found] if made else found))

    def _absence(self, refs: Sequence[str]) -> SearchLog:
        """The search log; of documents that were named only those were looked through."""
        numbers = (int(ref[1:]) for ref in refs)
        named = (self.documents.get(number) for number in numbers)
        readings = tuple(document.reading.id for document in named if document is not None)
        return (
            self.log.model_copy(
                update={"queries": (), "pages": len(readings), "readings": readings}
            )
            if readings
            else self.log
        )


def _kind(marks: Sequence[WrittenMark], evidence: Sequence[Evidence]) -> SentenceKind:
    """What a sentence is by its marks; without one it states nothing."""
    kinds = {mark.kind for mark in marks}
    if "inference" in kinds:
        return "inference"
    if any(one.type in ("calculation", "run") for one in evidence):
        return "computed"
    if any(one.type == "quote" for one in evidence):
        return "fact"
    if "absent" in kinds:
        return "absence"
    return "given" if "given" in kinds else "method" if "method" in kinds else "framing"


def _joined(marks: Sequence[Mark]) -> list[Mark]:
    """The marks, those that end in one place as one."""
    joined: list[Mark] = []
    for mark in marks:
        if joined and mark.end == joined[-1].end:
            last = joined.pop()
            evidence = tuple(dict.fromkeys([*last.evidence, *mark.evidence]))
            mark = Mark(
                start=last.start, end=mark.end, evidence=evidence, refs=(*last.refs, *mark.refs)
            )
        joined.append(mark)
    return joined
