"""What the marks of a writer stand for: quotes of pages that were read, runs, calculations, the
search log.

A name that stands for nothing is told (`problems`), never guessed. Not here: whether the evidence
supports the sentence (`agents/judge/`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from agents.extraction.claims import side_of
from agents.guarding.untrusted_text import on_one_line
from agents.judge.figures import Grounds
from agents.writing import marks
from agents.writing.arithmetic import Arithmetic
from agents.writing.marks import WrittenMark
from research.domain import (
    Calculation,
    Confidence,
    DraftSentence,
    Evidence,
    Ledger,
    Mark,
    Quote,
    RunEvidence,
    SearchLog,
    SentenceKind,
    Side,
)

ABSENT = "absent"  # among the names of an inference: it rests on what was not found too
_SURE: Sequence[Confidence] = ("low", "medium", "high")
CITED = 6  # quotes of one claim that a sentence cites: a row of numbers helps no reader
INFERENCE = "i"  # among the ids of a mark: it says that the clause is the writer's own conclusion
_NO_NAMES = (INFERENCE, "given", "method")


@dataclass
class Resolver:
    """Everything that a mark of one report can name; `runs` are by id."""

    ledger: Ledger
    grounds: Grounds
    log: SearchLog
    runs: Mapping[str, RunEvidence] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.documents = self.grounds.documents
        self.arithmetic = Arithmetic(self.grounds, lambda refs: self.evidence(refs)[0])
        self._claims = self.ledger.by_id()
        self._outlined: frozenset[str] = frozenset()

    def know(self, known: Mapping[str, Calculation], outlined: Iterable[str] | None = None) -> None:
        """From now on marks may name these calculations, by their ids. Those that were `outlined`,
        all if none is named, stay what they are; a mark may make anew what another one made."""
        self.arithmetic.known = known
        self._outlined = frozenset(known if outlined is None else outlined)

    def evidence(self, refs: Iterable[str]) -> tuple[list[Evidence], list[str]]:
        """The evidence that these ids stand for, and the ids that stand for none."""
        found: list[Evidence] = []
        unknown: list[str] = []
        sentences: list[str] = []
        for ref in refs:
            if claim := self._claims.get(ref):
                found += [*claim.evidence[:CITED], *claim.runs]
            elif calculation := self.arithmetic.known.get(ref):
                found += [calculation, *(e for one in calculation.inputs for e in one.evidence)]
            elif run := self.runs.get(ref):
                found.append(run)
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

    def quotes(self, refs: Iterable[str]) -> tuple[Quote, ...]:
        found, _ = self.evidence(refs)
        return tuple(dict.fromkeys(one for one in found if isinstance(one, Quote)))

    def side(self, text: str, refs: Sequence[str]) -> Side | None:
        """A side of a conflict in these words; None where what it names quotes nothing."""
        quotes, said = self.quotes(refs), on_one_line(text)
        claims = [self._claims[ref] for ref in refs if ref in self._claims]
        if not quotes:
            return None
        if not claims:
            return Side(text=said or quotes[0].quote, evidence=quotes)
        side = side_of(claims[0])
        runs = tuple(dict.fromkeys(run for one in claims for run in one.runs))
        return side.replace(text=said or side.text, evidence=quotes, runs=runs)

    def sentence(self, text: str, marks: Sequence[tuple[int, WrittenMark]]) -> DraftSentence:
        """A sentence with what its marks rest on. A clause begins where the one before it ends;
        marks that end in one place are one."""
        evidence: list[Evidence] = []
        placed: list[Mark] = []
        start = 0
        for end, group in groupby(marks, key=itemgetter(0)):
            together = [mark for _, mark in group]
            own = dict.fromkeys(one for mark in together for one in self._of_mark(mark))
            evidence += [one for one in own if one not in evidence]
            places = tuple(map(evidence.index, own))
            refs = tuple(ref for mark in together for ref in _refs(mark))
            placed.append(Mark(start=start, end=end, evidence=places, refs=refs))
            start = end
        written = [mark for _, mark in marks]
        drawn = [mark for mark in written if mark.kind == "inference"]
        named = dict.fromkeys(ref for mark in written for ref in mark.refs)
        return DraftSentence(
            text=text,
            kind=_kind(written, evidence),
            claims=tuple(ref for ref in named if ref in self._claims),
            confidence=min(
                (one.confidence or "low" for one in drawn), key=_SURE.index, default=None
            ),
            overturned_by=next((one.overturned_by for one in drawn if one.overturned_by), ""),
            evidence=tuple(evidence),
            marks=tuple(placed),
        )

    def problems(self, sentence: DraftSentence) -> list[str]:
        """What is wrong with the marks of a sentence: names that stand for nothing, calculations
        that cannot be done, an inference without premises."""
        wrong = [f"{one} is no mark" for one in marks.unread(sentence.text)]
        for mark in sentence.marks:
            named = [ref for ref in mark.refs if ref not in _NO_NAMES]
            refs = [ref for ref in named if not ref.startswith("=")]
            for expression in [ref for ref in named if ref not in refs][:1]:
                wrong += self.arithmetic.on_the_spot(expression[1:], refs)[1]
            wrong += [
                f"{ref} is no claim, sentence or calculation"
                for ref in self.evidence(refs)[1]
                if not marks.DOCUMENT.fullmatch(ref)
            ]
        rests = sentence.evidence or any("given" in mark.refs for mark in sentence.marks)
        if sentence.kind == "inference" and not rests:
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
        if mark.kind == "calculation":
            made, _ = self.arithmetic.on_the_spot(mark.expression, mark.refs)
            if made and mark.name and mark.name not in self._outlined:
                self.arithmetic.known = {**self.arithmetic.known, mark.name: made}
            return [made, *found] if made else found
        return [*found, self.log] if ABSENT in mark.refs else found

    def _absence(self, refs: Sequence[str]) -> SearchLog:
        """The search log; of documents that were named only those were looked through."""
        named = (self.documents.get(int(ref[1:])) for ref in refs)
        readings = tuple(document.reading.id for document in named if document is not None)
        if not readings:
            return self.log
        return self.log.replace(queries=(), pages=len(readings), readings=readings)


def _refs(mark: WrittenMark) -> tuple[str, ...]:
    """The ids of a mark as a sentence has them."""
    match mark.kind:
        case "given" | "method":
            return (mark.kind,)
        case "calculation":
            return (f"={mark.expression}", *mark.refs)
        case "inference":
            return (INFERENCE, *(ref for ref in mark.refs if ref != ABSENT))
        case _:
            return mark.refs


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
