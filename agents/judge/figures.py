"""The first gate: what code can tell exactly of a statement. Each figure and date stands in what it
rests on, or is the value of a calculation; no address leads out of it.

A miss goes back to the writer. Not here: what the words mean (`judging.py`), how figures are read
(`research/text/quantities.py`)."""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from urllib.parse import unquote, urlsplit

from agents.guarding.untrusted_text import for_readers
from research.domain import (
    Calculation,
    DraftSentence,
    Evidence,
    Quote,
    RunEvidence,
    SearchLog,
)
from research.reporting import calculations
from research.reporting.bind import unlinked
from research.reporting.calculations import DATE
from research.store.documents import Documents
from research.text.dates import Date, every_date
from research.text.figures import Figure, bare, parts_of_years, said_in
from research.text.numerals import plain
from research.text.quantities import missing, readings_in
from research.text.sentences import terms

# Letters with digits, as a key has them, plain or encoded; shorter where the asker confided it.
_KEY = re.compile(r"(?=[\w+/=]*\d)(?=[\w+/=]*[A-Za-z])[\w+/=]{24,}", re.ASCII)
_CONFIDED = re.compile(r"(?=\w*\d)(?=\w*[A-Za-z])\w{12,}", re.ASCII)


PLANNED = 20  # years to come
ASKED = 3  # years back that a question may speak from: a day before that is history


@dataclass(frozen=True)
class Grounds:
    """What every statement of a run may take its figures from: `asked` is the question, what was
    said beside it, `today` its date, `question` the question alone; `outputs` are what runs
    printed and `given` what they were handed, by id; `languages` those of its number words."""

    documents: Documents
    asked: str
    outputs: dict[str, str]
    languages: tuple[str, ...] = ("en",)
    question: str = ""
    searches: int = 0
    today: str = ""
    given: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def words(self, evidence: Iterable[Evidence]) -> set[str]:
        """The words of the question and of what is quoted, with what stands beside that and the
        titles of its sources."""
        texts = [self.asked]
        for quote in (one for one in evidence if isinstance(one, Quote)):
            texts += [self.documents.neighbours(quote), self.documents.reading_of(quote).title]
        return {term for text in texts for term in terms(text)}

    def names(self, figure: str) -> bool:
        """Whether anything that was read has a figure in these letters, and no longer one."""
        alone = re.compile(rf"(?<![\d.,]){re.escape(figure)}(?!\d|[.,]\d)")
        return any(alone.search(document.snapshot.text) for document in self.documents)


# thousand, 万, million, 亿, billion: a calculation in millions gives 11.7 for 11.7M
SCALES = (3, 4, 6, 8, 9)


def stands_in(value: str, text: str, languages: Sequence[str] = ("en",)) -> bool:
    """Whether a figure stands in a text, in whatever notation; of *46.9M* and *15,000万元* the bare
    numbers too."""
    if not DATE.fullmatch(value) and bare(value) <= bare(text):
        return True
    return not missing(value, [text], languages=languages)


def misses(
    text: str,
    evidence: Sequence[Evidence],
    grounds: Grounds,
    *,
    today: bool = True,
    cell: bool = False,
    planned: bool = False,
) -> tuple[str, ...]:
    """What is wrong with a statement by its figures and addresses; nothing if all of it stands.
    What rests on no quote (an absence, what was done, a heading) may name things as anything that
    was read does; so may all others what has a number in its name. The scale of a bare number in a
    `cell` may stand in its column's name, and what a program prints has no unit. What is `planned`
    may have days of its own to come."""
    kinds = {one.type for one in evidence}
    texts = [grounds.asked, grounds.today if today else "", *_texts(evidence, grounds)]
    if "search_log" in kinds:
        texts += [one.reading.published_at or "" for one in grounds.documents]

    def is_excused(figure: str) -> bool:
        if (kinds <= {"search_log"} or _is_name(figure)) and grounds.names(figure):
            return True
        if "calculation" in kinds and any(parts_of_years(figure)):  # of which it may be the rest
            return True
        if cell and not figure.strip("0123456789.,") and _is_scaled(figure, texts):
            return True
        if planned and _is_to_come(figure, grounds):
            return True
        return _is_printed(figure, evidence, grounds)

    lacking = missing(text, texts, values=_values(evidence, grounds), languages=grounds.languages)
    wrong = [_nowhere(figure) for figure in lacking if not is_excused(figure)]
    return tuple(dict.fromkeys([*wrong, *leaks(text, evidence, grounds)]))


def _nowhere(said: str) -> str:
    return f"{said} stands nowhere in what it rests on"


def _is_name(figure: str) -> bool:
    """Whether it is the name of something: *3.12.1*, *K12*, *VLX-500*; no money, no date and no
    time."""
    said = [one for _, one in said_in(plain(figure))]
    return ":" not in figure and len(said) == 1 and isinstance(said[0], str)


def _is_scaled(number: str, texts: Sequence[str]) -> bool:
    """Whether a number without a unit stands in a text with one: *6,000* as *60 million*, under a
    column that says in what it counts."""
    said = bare(number)
    scaled = {one.scaleb(scale) for one in said for scale in SCALES}
    return any(said <= bare(text) or scaled & readings_in(text) for text in texts)


def _is_printed(figure: str, evidence: Iterable[Evidence], grounds: Grounds) -> bool:
    """Whether a program printed a number without any unit or scale; no date is one."""
    if any(not isinstance(one, Figure) for _, one in said_in(plain(figure))):
        return False
    runs = (one.run_id for one in evidence if isinstance(one, RunEvidence))
    said = bare(figure)
    outputs = (readings_in(grounds.outputs.get(id, ""), unsigned=True) for id in runs)
    return bool(said) and any(said <= printed for printed in outputs)


def _is_to_come(figure: str, grounds: Grounds) -> bool:
    """Whether it is a date that is not over yet, today or on a day that the question names: it may
    be asked as of then. Or a year near enough to be planned for: a larger number is an amount."""
    today = date.fromisoformat(grounds.today[:10] or date.max.isoformat())
    named = (_ends(one, today.year) for one in every_date(grounds.asked) if one.day and one.years)
    start = min([today, *(day for day in named if day.year >= today.year - ASKED)])
    if told := list(every_date(figure)):
        return all(_ends(one, start.year) >= start for one in told)
    return figure.isdecimal() and start.year <= int(figure) < start.year + PLANNED


def _ends(told: Date, year: int) -> date:
    """The last day of a date; without a year it is in this one or in the next."""
    years = told.years or {year + 1}
    last = monthrange(max(years), told.month)[1]
    return date(max(years), told.month, min(told.day or last, last))


def leaks(text: str, evidence: Sequence[Evidence], grounds: Grounds) -> tuple[str, ...]:
    """What a statement must not carry out, whatever it says: addresses, links, keys."""
    known = " ".join([grounds.question, *_texts(evidence, grounds)])
    # what looks like a key, or like one that the asker confided beside the question
    confided = [key for key in _CONFIDED.findall(grounds.asked) if key in text]
    secrets = [*_KEY.findall(text), *confided]
    told = [_nowhere(key) for key in secrets if key not in known]
    return ("it holds what is an address or a link", *told) if unlinked(text) != text else (*told,)


def _texts(evidence: Iterable[Evidence], grounds: Grounds) -> Iterable[str]:
    """The quotes with their neighbours and the headings above them, the titles, dates and paths of
    their sources, and what runs printed."""
    for one in dict.fromkeys(evidence):  # what stands in several sentences is read once
        if isinstance(one, Quote):
            yield grounds.documents.neighbours(one, fit=for_readers)
            yield from filter(for_readers, grounds.documents.headings(one))
            reading = grounds.documents.reading_of(one)
            path = unquote(urlsplit(reading.url).path).replace("/", " ")  # it may begin with a date
            yield " ".join(filter(None, (reading.title, reading.site, reading.published_at, path)))
            yield from filter(for_readers, [grounds.documents.opening(one)])
        elif isinstance(one, RunEvidence):
            yield grounds.outputs.get(one.run_id, "")
        elif isinstance(one, Calculation):
            values = (one.value, *(given.value for given in one.inputs))
            yield from map(_in_words, filter(DATE.fullmatch, values))


def _in_words(day: str) -> str:
    """A date that was computed, in the ways it may be told."""
    told = date.fromisoformat(day)
    quarter = (told.month + 2) // 3
    chinese = f"{told.year}年{told.month}月{told.day}日"
    return f"{day} {told:%d %B %Y} {chinese} Q{quarter} {told.year} {told.year}年第{quarter}季度"


def _values(evidence: Sequence[Evidence], grounds: Grounds) -> list[Decimal]:
    """What calculations start from and come to, step by step, what was searched and read, and how
    many sources and quotes are cited."""
    made = [one for one in evidence if isinstance(one, Calculation)]
    results = [Decimal(one.value) for one in made if not DATE.fullmatch(one.value)]
    values = [*results, *(result.scaleb(scale) for result in results for scale in SCALES)]
    values += [value for one in made for value in _steps(one)]
    values += [-value for value in values]  # a cost is told as what is left less; the judge looks
    quotes = [one for one in evidence if isinstance(one, Quote)]
    counts = [len(quotes), len({one.snapshot_id for one in quotes})]
    counts += [len(grounds.documents), grounds.searches]
    for log in (one for one in evidence if isinstance(one, SearchLog)):
        counts += [len(log.queries), log.pages, len(log.readings)]
    return values + list(map(Decimal, counts))


def _steps(made: Calculation) -> list[Decimal]:
    """The figures that show the working of a calculation: what it starts from, where that stands
    in a source, and comes to on the way; none of one over dates."""
    values = {one.name: one.value for one in made.inputs}
    if any(map(DATE.fullmatch, (made.value, *values.values()))):
        return []
    numbers = {name: Decimal(value) for name, value in values.items()}
    read = [numbers[one.name] for one in made.inputs if one.evidence]
    return [*read, *calculations.steps(made.expression, numbers)]


def words_of(sentence: DraftSentence) -> str:
    """All that a sentence says: with what would overturn it."""
    flips = f"[would be overturned: {sentence.overturned_by}]" if sentence.overturned_by else ""
    return f"{sentence.text} {flips}".strip()
