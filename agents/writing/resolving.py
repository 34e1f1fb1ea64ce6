"""What the marks of a writer stand for: quotes of pages that were read, runs, calculations, the
search log.

A name that stands for nothing is told (`problems`), never guessed. Not here: whether the evidence
supports the sentence (`agents/judge/`)."""

import re
from calendar import monthrange
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import count

from agents.judge.figures import stands_in
from agents.writing import marks
from agents.writing.marks import WrittenMark
from research.domain import (
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
from research.errors import CalculationError
from research.reporting import calculations
from research.store.documents import Documents
from research.text.dates import dates
from research.text.numerals import PERCENT, SIGNS, any_of

CITED = 3  # quotes of one claim that a sentence cites: a row of numbers helps no reader
INFERENCE = "i"  # among the ids of a mark: it says that the clause is the writer's own conclusion
# Numbers that a formula may hold without a source: per cent and powers of ten, the calendar and the
# clock.
CONSTANTS = frozenset(
    map(
        Decimal,
        (
            *range(13),
            24,
            30,
            52,
            60,
            100,
            360,
            365,
            1000,
            3600,
            10_000,
            86_400,
            1_000_000,
            100_000_000,
            1_000_000_000,
        ),
    )
)
IN_ANOTHER_SCALE = 2  # digits, at least, of a figure that is found in another scale
_PERCENT_SIGNS = any_of(sign for sign, codes in SIGNS.items() if PERCENT in codes)
# powers of ten of scales, the latter where 万 and 亿 are written
THOUSANDS, MYRIADS = (
    (3, 6, 9),
    (4, 8),
)
DIGITS = 40  # of a figure that is computed with, at most: written out, 1e999999999 fills any memory


@dataclass
class Resolver:
    """Everything that a mark of one report can name. `calculations` and `runs` are by id."""

    ledger: Ledger
    documents: Documents
    log: SearchLog
    question: str = ""
    today: str = ""
    languages: tuple[str, ...] = ("en",)
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
                found += [*claim.evidence[:CITED], *claim.runs]
            elif calculation is not None:
                found += [
                    calculation,
                    *(quote for one in calculation.inputs for quote in one.evidence),
                ]
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
            placed.append(
                Mark(
                    start=start, end=end, evidence=tuple(evidence.index(o) for o in own), refs=refs
                )
            )
            start = end
        written = [mark for _, mark in marks]
        drawn = next((mark for mark in written if mark.kind == "inference"), None)
        return DraftSentence(
            text=text,
            kind=_kind(written, evidence),
            claims=tuple(
                dict.fromkeys(ref for mark in written for ref in mark.refs if ref in self._claims)
            ),
            confidence=(drawn.confidence or "low") if drawn else None,
            overturned_by=drawn.overturned_by if drawn else "",
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
                wrong += self.on_the_spot(expression, refs)[1]
            if not any(isinstance(sentence.evidence[place], SearchLog) for place in mark.evidence):
                unknown = (ref for ref in self.evidence(refs)[1] if ref not in ("given", "method"))
                wrong += [f"{ref} is no claim, sentence or calculation" for ref in unknown]
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
        made = (
            self.on_the_spot(mark.expression, mark.refs)[0] if mark.kind == "calculation" else None
        )
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

    def on_the_spot(
        self, expression: str, refs: Sequence[str]
    ) -> tuple[Calculation | None, list[str]]:
        """A calculation written out in numbers, each of which stands in what it names."""
        try:
            spelled, days = _days_named(expression)
            numbers = calculations.constants(spelled)
            named = [name for name in calculations.names(spelled) if name not in days]
        except CalculationError as error:
            return None, [str(error)]
        if unknown := [name for name in named if name not in self.calculations]:
            return None, [f"{expression}: {unknown[0]} is no number and no calculation"]
        inputs = {f"x{place}": number for place, number in enumerate(dict.fromkeys(numbers), 1)}
        for name, number in inputs.items():
            spelled = re.sub(rf"(?<![\w.]){re.escape(number)}(?![\w.])", name, spelled)
        inputs |= days | {name: name for name in named}
        given = {name: (value, " ".join(refs)) for name, value in inputs.items()}
        return self.calculate(PlannedCalculation(id="", label="", expression=spelled, inputs=given))

    def calculate(self, planned: PlannedCalculation) -> tuple[Calculation | None, list[str]]:
        """A calculation with its value, and what is wrong with it; none where an input stands
        nowhere. A date written out in the expression is an input that stands in what any other
        names."""
        planned = _with_days(planned)
        found = {
            name: self._input(name, value, _split(refs))
            for name, (value, refs) in planned.inputs.items()
        }
        if wrong := [one for one in found.values() if isinstance(one, str)]:
            return None, wrong
        given = {name: one for name, one in found.items() if not isinstance(one, str)}
        try:
            value = calculations.result(
                planned.expression, {name: one.value for name, one in given.items()}
            )
        except (CalculationError, InvalidOperation) as error:
            return None, [str(error)]
        used = {
            name: one
            for name, one in given.items()
            if name in calculations.names(planned.expression)
        }
        made = Calculation(
            expression=planned.expression,
            inputs=tuple(_given(name, one) for name, one in used.items()),
            value=value,
            unit=planned.unit,
            label=planned.label,
        )
        return _written_out(made, used), []

    def _input(
        self, name: str, value: str, refs: Sequence[str]
    ) -> CalculationInput | Calculation | str:
        """An input of a calculation, where its value stands: another calculation, a quote, the
        question; or nowhere, as a constant. What is wrong with it where it stands in none of
        them."""
        if value in self.calculations:
            return self.calculations[value]
        number, earlier = (
            _decimal(value),
            [self.calculations[ref] for ref in refs if ref in self.calculations],
        )
        if exact := next((made for made in earlier if _is(made.value, value, number)), None):
            return exact
        if number is None and not _is_day(value):
            return f"{name}: {value!r} is no number and no date"
        plain, quotes = value if number is None else format(number, "f"), self.quotes(refs)
        if held := next((quote for quote in quotes if self._holds(quote, value, number)), None):
            return CalculationInput(name=name, value=plain, evidence=(held,))
        if number in CONSTANTS or value == self.today or stands_in(value, self.question):
            return CalculationInput(name=name, value=plain)
        if rounded := next((made for made in earlier if _rounded(made.value, number)), None):
            return rounded
        return (
            f"{name} = {value} stands in none of {', '.join(refs) or 'its sources (none is named)'}"
        )

    def _holds(self, quote: Quote, value: str, number: Decimal | None) -> bool:
        """Whether a figure stands in a quote or beside it: also *1250* where that has *£1,250,000*,
        and *0.61* for
        *61 %*; and a day that begins or ends a period which it names."""
        text = "\n".join([self.documents.neighbours(quote), *self.documents.headings(quote)])
        if number is None:
            published = self.documents.reading_of(quote).published_at or ""
            return (
                stands_in(value, text) or published.startswith(value) or ends_a_period(value, text)
            )
        written = [value, *(format(number.scaleb(scale), "f") for scale in _scales(number, text))]
        return any(stands_in(one, text, self.languages) for one in written) or _as_percent(
            number, text
        )


def _given(name: str, one: CalculationInput | Calculation) -> CalculationInput:
    return (
        one
        if isinstance(one, CalculationInput)
        else CalculationInput(name=name, value=one.value, evidence=_inputs_of(one))
    )


def _written_out(
    made: Calculation, given: Mapping[str, CalculationInput | Calculation]
) -> Calculation:
    """The calculation with the expressions of earlier ones in the place of their results, so that
    it starts from figures that were read; as it is where that gets too long."""
    expression, inputs = made.expression, list[CalculationInput]()
    try:
        for name, one in given.items():
            if isinstance(one, CalculationInput) or calculations.DATE.fullmatch(one.value):
                inputs.append(_given(name, one))
                continue
            names = {inner.name: f"{name}_{inner.name}" for inner in one.inputs}
            expression = calculations.with_expression(
                expression, name, calculations.renamed(one.expression, names)
            )
            inputs += [inner.model_copy(update={"name": names[inner.name]}) for inner in one.inputs]
        value = calculations.result(expression, {one.name: one.value for one in inputs})
    except (CalculationError, InvalidOperation):
        return made
    return made.model_copy(
        update={"expression": expression, "inputs": tuple(inputs), "value": value}
    )


def _scales(number: Decimal, text: str) -> tuple[int, ...]:
    """The powers of ten by which a figure may be written larger in a text."""
    if abs(number) < 1 or len(number.normalize().as_tuple().digits) < IN_ANOTHER_SCALE:
        return ()
    return (*THOUSANDS, *(MYRIADS if re.search("[万亿萬億]", text) else ()))


def _as_percent(number: Decimal, text: str) -> bool:
    """Whether a part of one stands in a text as per cent."""
    told = f"{number.scaleb(2).normalize():f}"
    return (
        0 < abs(number) < 1
        and re.search(rf"(?<![\d.]){re.escape(told)}0*\s?(?:{_PERCENT_SIGNS})", text, re.IGNORECASE)
        is not None
    )


def _with_days(planned: PlannedCalculation) -> PlannedCalculation:
    """The calculation with the dates that are written out in its expression as inputs."""
    expression, days = _days_named(planned.expression, planned.inputs)
    refs = " ".join(named for _, named in planned.inputs.values())
    inputs = dict(planned.inputs) | {name: (day, refs) for name, day in days.items()}
    return planned.model_copy(update={"expression": expression, "inputs": inputs})


def _days_named(expression: str, taken: Collection[str] = ()) -> tuple[str, dict[str, str]]:
    """The expression with names, which nothing else in it has, in the place of its dates; and the
    dates by name."""
    days: dict[str, str] = {}
    free = (
        name
        for name in (f"day{n}" for n in count())
        if name not in taken and name not in expression
    )
    for day in dict.fromkeys(calculations.DATE.findall(expression)):
        name = next(free)
        days[name], expression = day, expression.replace(day, name)
    return expression, days


def _split(refs: str) -> list[str]:
    return re.split(r"[\s,;]+", refs.strip()) if refs.strip() else []


def _is_day(value: str) -> bool:
    try:
        return bool(calculations.DATE.fullmatch(value)) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def ends_a_period(day: str, text: str) -> bool:
    """Whether a date is the first or last day of a month, quarter or year that a text names:
    reports say “end of Q1 2026” where arithmetic needs 2026-03-31. A full date names no period."""
    told = date.fromisoformat(day)
    first, last = told.day == 1, told.day == monthrange(told.year, told.month)[1]
    text = _without_full_dates(text)
    if not (first or last) or str(told.year) not in text:
        return False
    quarter = (told.month + 2) // 3
    months = (
        one for dated in dates(text, loosely=True) for readings in dated.dates for one in readings
    )
    return (
        any(one.month == told.month and told.year in (one.years or {told.year}) for one in months)
        or (
            told.month in ((1, 4, 7, 10) if first else (3, 6, 9, 12))
            and re.search(rf"Q{quarter}\b|第{quarter}季度", text) is not None
        )
        or told.month == (1 if first else 12)
    )


def _without_full_dates(text: str) -> str:
    for dated in list(dates(text)):
        if all(one.day for readings in dated.dates for one in readings):
            text = text[: dated.start] + "\0" * (dated.end - dated.start) + text[dated.end :]
    return text


def _is(result: str, value: str, number: Decimal | None) -> bool:
    return (
        result == value
        if number is None or calculations.DATE.fullmatch(result)
        else Decimal(result) == number
    )


def _rounded(result: str, number: Decimal | None) -> bool:
    """Whether a number is the result of a calculation as exact as it is told."""
    if number is None or calculations.DATE.fullmatch(result):
        return False
    return round(Decimal(result), max(0, -_exponent(number))) == number


def _inputs_of(made: Calculation) -> tuple[Quote, ...]:
    return tuple(dict.fromkeys(quote for one in made.inputs for quote in one.evidence))


def _decimal(value: str) -> Decimal | None:
    try:
        number = Decimal(re.sub(r"[\s,_]", "", str(value)).replace("−", "-"))
    except InvalidOperation:
        return None
    return (
        number
        if number.is_finite() and abs(number.adjusted()) < DIGITS and -_exponent(number) < DIGITS
        else None
    )


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
            mark = Mark(
                start=last.start, end=mark.end, evidence=evidence, refs=(*last.refs, *mark.refs)
            )
        joined.append(mark)
    return joined
