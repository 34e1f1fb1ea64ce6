"""Calculations of a report: each starts from figures that stand in what it names, and is evaluated
by code.

A figure that stands nowhere is told, never taken on trust. Not here: which expressions there are
(`research/reporting/calculations.py`)."""

import re
from calendar import monthrange
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import count, pairwise

from agents.judge.figures import Grounds, stands_in
from research.domain import (
    Calculation,
    CalculationInput,
    Evidence,
    PlannedCalculation,
    Quote,
    RunEvidence,
)
from research.errors import CalculationError
from research.reporting import calculations
from research.text.dates import dates, every_date
from research.text.figures import bare
from research.text.numerals import PERCENT, SIGNS, any_of
from research.text.quantities import parts_of_a_year

# Numbers that a formula may hold without a source: per cent, powers of ten, kibi and mebi, the
# calendar and the clock.
_SMALL, _OF_TIME = range(13), (24, 30, 31, 52, 60, 360, 365, 366, 3600, 86_400)
CONSTANTS = {*_SMALL, *_OF_TIME, 100, 1000, 10_000, 10**6, 10**8, 10**9, 1024, 1024**2}
# Of those, the ones that scale a value where a writer spells out a sum, whatever its sources hold.
SCALES = {1, 100, 1000, 10**6, 10**9}
IN_ANOTHER_SCALE = 2  # digits, at least, of a figure that is found in another scale
_PERCENT_SIGNS = any_of(sign for sign, codes in SIGNS.items() if PERCENT in codes)
# powers of ten of scales, the latter where 万 and 亿 are written
THOUSANDS, MYRIADS = (3, 6, 9), (4, 8)
_IN_THOUSANDS = re.compile(r"(?<![\d,.])000s?(?![\d,])")
WRITTEN_OUT = 300  # characters of an expression with those of earlier results in it, at most
DIGITS = 40  # of a figure that is computed with, at most: written out, 1e999999999 fills any memory


@dataclass
class Arithmetic:
    """The calculations of one report. `evidence` gives what the names of claims, sentences and runs
    stand for; `known` are the calculations of its outline, by id."""

    grounds: Grounds
    evidence: Callable[[Iterable[str]], list[Evidence]]
    known: Mapping[str, Calculation] = field(default_factory=dict)

    def on_the_spot(
        self, expression: str, refs: Sequence[str]
    ) -> tuple[Calculation | None, list[str]]:
        """A calculation written out in numbers, each of which stands in what it names."""
        try:
            spelled, days = _days_named(_ungrouped(expression))
            numbers = calculations.constants(spelled)
            named = [name for name in calculations.names(spelled) if name not in days]
        except CalculationError as error:
            return None, [str(error)]
        if unknown := [name for name in named if name not in self.known]:
            return None, [f"{expression}: {unknown[0]} is no number and no calculation"]
        inputs = {f"x{place}": number for place, number in enumerate(dict.fromkeys(numbers), 1)}
        for name, number in inputs.items():
            spelled = re.sub(rf"(?<![\w.]){re.escape(number)}(?![\w.])", name, spelled)
        inputs |= days | {name: name for name in named}
        given = {
            name: (value, "" if _decimal(value) in SCALES else " ".join(refs))
            for name, value in inputs.items()
        }
        return self.calculate(PlannedCalculation(id="", label="", expression=spelled, inputs=given))

    def calculate(self, planned: PlannedCalculation) -> tuple[Calculation | None, list[str]]:
        """A calculation with its value, and what is wrong with it; none where an input stands
        nowhere. A date written out in the expression is an input that stands in what any other
        names."""
        planned = _with_days(planned)
        given: dict[str, CalculationInput | Calculation] = {}
        wrong: list[str] = []
        for name, (value, refs) in planned.inputs.items():
            found = self._input(name, value, re.split(r"[\s,;]+", refs.strip()))
            if isinstance(found, str):
                wrong.append(found)
            else:
                given[name] = found
        if wrong:
            return None, wrong
        values = {name: one.value for name, one in given.items()}
        try:  # as it will be written in the report, which may be longer
            expression = calculations.renamed(planned.expression, {})
            value = calculations.result(expression, values)
        except (CalculationError, InvalidOperation) as error:
            return None, [str(error)]
        names = calculations.names(expression)
        used = {name: one for name, one in given.items() if name in names}
        made = Calculation(
            expression=expression,
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
        if value in self.known:
            return self.known[value]
        number = _decimal(value)
        earlier = [self.known[ref] for ref in refs if ref in self.known]
        if exact := next((made for made in earlier if _is(made.value, value, number)), None):
            return exact
        if number is None and not _is_day(value):
            return f"{name}: {value!r} is no number and no date"
        value = value if number is None else format(number, "f")
        for one in sorted(self.evidence(refs), key=lambda one: one.type):  # quotes before runs
            if isinstance(one, Quote | RunEvidence) and self._holds(one, value, number):
                return CalculationInput(name=name, value=value, evidence=(one,))
        if number in CONSTANTS or self._is_asked(value):
            return CalculationInput(name=name, value=value)
        if rounded := next((made for made in earlier if _rounded(made.value, number)), None):
            return rounded
        inputs = (one for made in earlier for one in made.inputs if one.evidence)
        if used := next((one for one in inputs if _is(one.value, value, number)), None):
            return CalculationInput(name=name, value=value, evidence=used.evidence)
        sources = ", ".join(filter(None, refs)) or "its sources (none is named)"
        return f"{name} = {value} stands in none of {sources}"

    def _is_asked(self, value: str) -> bool:
        """Whether a figure or a date stands in the question: a date also without its year, where
        what was read has that."""
        asked = self.grounds.asked
        if value == self._today or stands_in(value, asked):
            return True
        if not _is_day(value) or not _is_bare_day(date.fromisoformat(value), asked):
            return False
        return any(value[:4] in document.snapshot.text for document in self.grounds.documents)

    @property
    def _today(self) -> str:
        return self.grounds.today[:10]

    def _holds(self, one: Quote | RunEvidence, value: str, number: Decimal | None) -> bool:
        """Whether a figure stands in what a run printed, which may be more exact, or in a quote or
        beside it: also *1250* where that has *£1,250,000*, and *0.61* for *61 %*; and a day that
        begins or ends a period which it names."""
        documents, languages = self.grounds.documents, self.grounds.languages
        if isinstance(one, RunEvidence):
            text = self.grounds.outputs.get(one.run_id, "")
            exact = any(_rounded(str(figure), number) for figure in bare(text))
            return exact or stands_in(value, text, languages)
        text = "\n".join([documents.neighbours(one), *documents.headings(one)])
        if number is None:
            reading = documents.reading_of(one)
            text = f"{reading.title}\n{text}"
            return (
                stands_in(value, text)
                or (reading.published_at or "").startswith(value)
                or _ends_a_period(value, text, languages)
                or self._lacks_its_year(one, value, text)
            )
        written = [value, *(format(number.scaleb(scale), "f") for scale in _scales(number, text))]
        found = any(stands_in(figure, text, languages) for figure in written)
        return found or _as_percent(number, text)

    def _lacks_its_year(self, quote: Quote, day: str, text: str) -> bool:
        """Whether a text has a day without its year, which its document has elsewhere; else it is
        this year or the next."""
        told = date.fromisoformat(day)
        document = self.grounds.documents.of_snapshot(quote.snapshot_id)
        if document is None or not _is_bare_day(told, text):
            return False
        years = f"{document.reading.published_at or ''} {document.snapshot.text}"
        this_year = int(self._today[:4] or 0)
        return str(told.year) in years or told.year in (this_year, this_year + 1)


def _given(name: str, one: CalculationInput | Calculation) -> CalculationInput:
    """An input of a calculation; of an earlier one its result, which rests on what that does."""
    if isinstance(one, CalculationInput):
        return one
    evidence = tuple(dict.fromkeys(held for inner in one.inputs for held in inner.evidence))
    return CalculationInput(name=name, value=one.value, evidence=evidence)


def _written_out(
    made: Calculation, given: Mapping[str, CalculationInput | Calculation]
) -> Calculation:
    """The calculation with the expressions of earlier ones in the place of their results, so that
    it starts from figures that were read, by plain names; as it is where that gets too long."""
    expression, inputs = made.expression, list[CalculationInput]()
    taken = set(calculations.names(made.expression))
    free = (name for name in (f"x{n}" for n in count(1)) if name not in taken)
    try:
        for name, one in given.items():
            if isinstance(one, CalculationInput) or calculations.DATE.fullmatch(one.value):
                inputs.append(_given(name, one))
                continue
            names = {inner.name: next(free) for inner in one.inputs}
            expression = calculations.with_expression(
                expression, name, calculations.renamed(one.expression, names)
            )
            inputs += [inner.replace(name=names[inner.name]) for inner in one.inputs]
        value = calculations.result(expression, {one.name: one.value for one in inputs})
    except (CalculationError, InvalidOperation):
        return made
    if len(expression) > WRITTEN_OUT:
        return made
    return made.replace(expression=expression, inputs=tuple(inputs), value=value)


def _scales(number: Decimal, text: str) -> tuple[int, ...]:
    """The powers of ten by which a figure may be written larger in a text; or smaller, under a
    heading such as *£000*."""
    if abs(number) < 1 or len(number.normalize().as_tuple().digits) < IN_ANOTHER_SCALE:
        return ()
    myriads = MYRIADS if re.search("[万亿萬億]", text) else ()
    return (*THOUSANDS, *myriads, *((-3,) if _IN_THOUSANDS.search(text) else ()))


def _as_percent(number: Decimal, text: str) -> bool:
    """Whether a part of one stands in a text as per cent, or what is left beside it, or a factor of
    growth as what it adds."""
    parts = {number, 1 - number, number - 1}
    told = "|".join(re.escape(f"{part.scaleb(2).normalize():f}") for part in parts if 0 < part < 1)
    written = re.compile(rf"(?<![\d.])(?:{told})0*\s?(?:{_PERCENT_SIGNS})", re.IGNORECASE)
    return bool(told) and written.search(text) is not None


def _with_days(planned: PlannedCalculation) -> PlannedCalculation:
    """The calculation with the dates that are written out in its expression as inputs."""
    expression, days = _days_named(planned.expression, planned.inputs)
    refs = " ".join(named for _, named in planned.inputs.values())
    inputs = dict(planned.inputs) | {name: (day, refs) for name, day in days.items()}
    return planned.replace(expression=expression, inputs=inputs)


def _ungrouped(expression: str) -> str:
    """The expression with its numbers in one piece: 782,199 as 782199. In one that calls a function
    a comma parts its arguments."""
    if any(before.isalpha() and after == "(" for before, after in pairwise(expression)):
        return expression
    text, *rest = expression.split(",")
    for after in rest:
        digits = len(after) - len(after.lstrip("0123456789"))
        text += ("" if digits == 3 and text[-1:].isdecimal() else ",") + after
    return text


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


def _is_day(value: str) -> bool:
    try:
        return bool(calculations.DATE.fullmatch(value)) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_bare_day(day: date, text: str) -> bool:
    """Whether a text has the day without its year."""
    return any(
        (one.month, one.day) == (day.month, day.day) and not one.years for one in every_date(text)
    )


def _ends_a_period(day: str, text: str, languages: Sequence[str]) -> bool:
    """Whether a date is the first or last day of a month, quarter or year that a text names:
    reports say “end of Q1 2026” where arithmetic needs 2026-03-31. A full date names no period."""
    told = date.fromisoformat(day)
    first, last = told.day == 1, told.day == monthrange(told.year, told.month)[1]
    text = _without_full_dates(text)
    if not (first or last) or str(told.year) not in text:
        return False
    quarter = (told.month + 2) // 3
    of_a_quarter = told.month % 3 == (1 if first else 0)
    if told.month == (1 if first else 12):
        return True
    if of_a_quarter and f"q{quarter}" in parts_of_a_year(text, languages):
        return True
    months = [one for one in every_date(text, loosely=True) if one.month == told.month]
    return any(not one.years or told.year in one.years for one in months)


def _without_full_dates(text: str) -> str:
    for dated in list(dates(text)):
        if all(one.day for readings in dated.dates for one in readings):
            text = text[: dated.start] + "\0" * (dated.end - dated.start) + text[dated.end :]
    return text


def _is(result: str, value: str, number: Decimal | None) -> bool:
    if number is None or calculations.DATE.fullmatch(result):
        return result == value
    return Decimal(result) == number


def _rounded(result: str, number: Decimal | None) -> bool:
    """Whether a number is the result of a calculation as exact as it is told."""
    if number is None or calculations.DATE.fullmatch(result):
        return False
    return round(Decimal(result), max(0, -_exponent(number))) == number


def _decimal(value: str) -> Decimal | None:
    try:
        number = Decimal(re.sub(r"[\s,_]", "", str(value)).replace("−", "-"))
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) >= DIGITS or -_exponent(number) >= DIGITS:
        return None
    return number


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
