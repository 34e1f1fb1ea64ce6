"""What the marks of a writer stand for: quotes of pages that were read, runs, calculations, the search log.

A name that stands for nothing is told (`problems`), never guessed. Not here: whether the evidence supports
the sentence (`agents/judge/`)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from agents.judge.figures import stands_in
from agents.writing.marks import WrittenMark
from research import calculations
from research.documents import Documents
from research.errors import CalculationError
from research.types import (
    Calculation,
    CalculationInput,
    Claim,
    DraftSentence,
    Evidence,
    Ledger,
    Mark,
    PlannedCalculation,
    Quote,
    RunEvidence,
    SearchLog,
    SentenceKind,
)

INFERENCE = "i"  # among the ids of a mark: it says that the clause is the writer's own conclusion
# Numbers that a formula may hold without a source: per cent and powers of ten, the calendar and the clock.
CONSTANTS = frozenset(
    map(Decimal, (*range(13), 24, 30, 52, 60, 100, 360, 365, 1000, 3600, 10_000, 86_400, 1_000_000, 100_000_000, 1_000_000_000))
)
DIGITS = 40  # of a figure that is computed with, at most: written out, 1e999999999 fills any memory


@dataclass
class Resolver:
    """Everything that a mark of one report can name. `calculations` and `runs` are by id."""

    ledger: Ledger
    documents: Documents
    log: SearchLog
    question: str = ""
    calculations: Mapping[str, Calculation] = field(default_factory=dict)
    runs: Mapping[str, RunEvidence] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._claims = self.ledger.by_id()

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
                found += [*claim.evidence, *claim.runs]
            elif calculation is not None:
                found += [calculation, *(quote for one in calculation.inputs for quote in one.evidence)]
            elif ref in self.runs:
                found += [self.runs[ref], *self.documents.quotes(self.runs[ref].inputs)]
            elif self.documents.places([ref]):
                sentences.append(ref)
            else:
                unknown.append(ref)
        return [*found, *self.documents.quotes(sentences)], unknown

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
            refs = (INFERENCE, *refs) if mark.kind == "inference" else refs
            placed.append(Mark(start=start, end=end, evidence=tuple(evidence.index(o) for o in own), refs=refs))
            start = end
        written = [mark for _, mark in marks]
        drawn = next((mark for mark in written if mark.kind == "inference"), None)
        return DraftSentence(
            text=text,
            kind=_kind(written, evidence),
            claims=tuple(dict.fromkeys(ref for mark in written for ref in mark.refs if ref in self._claims)),
            confidence=(drawn.confidence or "low") if drawn else None,
            overturned_by=drawn.overturned_by if drawn else "",
            evidence=tuple(evidence),
            marks=tuple(_joined(placed)),
        )

    def problems(self, sentence: DraftSentence) -> list[str]:
        """What is wrong with the marks of a sentence: names that stand for nothing, calculations that cannot
        be done, an inference without premises."""
        wrong: list[str] = []
        for mark in sentence.marks:
            expression = next((ref[1:] for ref in mark.refs if ref.startswith("=")), "")
            refs = [ref for ref in mark.refs if not ref.startswith("=") and ref != INFERENCE]
            if expression:
                wrong += self.on_the_spot(expression, refs)[1]
            if not any(isinstance(sentence.evidence[place], SearchLog) for place in mark.evidence):
                unknown = (ref for ref in self.evidence(refs)[1] if ref not in ("given", "method"))
                wrong += [f"{ref} is no claim, sentence or calculation" for ref in unknown]
        if sentence.kind == "inference" and not sentence.evidence:
            wrong.append("an inference names the claims it rests on")
        return wrong

    def _of_mark(self, mark: WrittenMark) -> list[Evidence]:
        if mark.kind in ("given", "method"):
            return []
        if mark.kind == "absent":
            return [self._absence(mark.refs)]
        found, _ = self.evidence(mark.refs)
        made = self.on_the_spot(mark.expression, mark.refs)[0] if mark.kind == "calculation" else None
        return list(dict.fromkeys([made, *found] if made else found))

    def _absence(self, refs: Sequence[str]) -> SearchLog:
        """The search log; of documents that were named only those were looked through."""
        numbers = (int(ref[1:]) for ref in refs)
        named = (self.documents.get(number) for number in numbers)
        readings = tuple(document.reading.id for document in named if document is not None)
        return self.log.model_copy(update={"readings": readings}) if readings else self.log

    def on_the_spot(self, expression: str, refs: Sequence[str]) -> tuple[Calculation | None, list[str]]:
        """A calculation written out in numbers, each of which stands in what it names."""
        try:
            numbers = calculations.constants(expression)
            named = calculations.names(expression)
        except CalculationError as error:
            return None, [str(error)]
        inputs = {f"x{place}": (number, "") for place, number in enumerate(dict.fromkeys(numbers), 1)}
        if named:
            return None, [f"{expression}: write numbers, not names"]
        spelled = expression
        for name, (number, _) in inputs.items():
            spelled = re.sub(rf"(?<![\w.]){re.escape(number)}(?![\w.])", name, spelled)
        given = {name: (number, " ".join(refs)) for name, (number, _) in inputs.items()}
        return self.calculate(PlannedCalculation(id="", label="", expression=spelled, inputs=given))

    def calculate(self, planned: PlannedCalculation) -> tuple[Calculation | None, list[str]]:
        """A calculation with its value, and what is wrong with it; none where an input stands nowhere."""
        inputs: list[CalculationInput] = []
        wrong: list[str] = []
        for name, (value, refs) in planned.inputs.items():
            made, why = self._input(name, value, re.split(r"[\s,;]+", refs.strip()) if refs.strip() else [])
            wrong += [why] if why else []
            inputs += [made] if made else []
        if wrong:
            return None, wrong
        try:
            result = calculations.evaluate(planned.expression, {one.name: Decimal(one.value) for one in inputs})
        except CalculationError as error:
            return None, [str(error)]
        used = calculations.names(planned.expression)
        return Calculation(
            expression=planned.expression,
            inputs=tuple(one for one in inputs if one.name in used),
            value=format(result, "f"),
            unit=planned.unit,
            label=planned.label,
        ), []

    def _input(self, name: str, value: str, refs: Sequence[str]) -> tuple[CalculationInput | None, str]:
        """An input of a calculation, where its value stands: in a quote, in another calculation, in the
        question; or nowhere, as a constant."""
        number = _decimal(value)
        if number is None:
            return None, f"{name}: {value!r} is no number"
        plain = format(number, "f")
        for made in (self.calculations[ref] for ref in refs if ref in self.calculations):
            if Decimal(made.value) == number or round(Decimal(made.value), max(0, -_exponent(number))) == number:
                return CalculationInput(name=name, value=made.value, evidence=_inputs_of(made)), ""
        holding = tuple(quote for quote in self.quotes(refs) if stands_in(value, self.documents.neighbours(quote)))
        if holding:
            return CalculationInput(name=name, value=plain, evidence=holding), ""
        if number in CONSTANTS or stands_in(value, self.question):
            return CalculationInput(name=name, value=plain), ""
        return None, f"{name} = {value} stands in none of {', '.join(refs) or 'its sources (none is named)'}"


def _inputs_of(made: Calculation) -> tuple[Quote, ...]:
    return tuple(dict.fromkeys(quote for one in made.inputs for quote in one.evidence))


def _decimal(value: str) -> Decimal | None:
    try:
        number = Decimal(re.sub(r"[\s,_]", "", str(value)).replace("−", "-"))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < DIGITS and -_exponent(number) < DIGITS else None


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


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
            mark = Mark(start=last.start, end=mark.end, evidence=evidence, refs=(*last.refs, *mark.refs))
        joined.append(mark)
    return joined
