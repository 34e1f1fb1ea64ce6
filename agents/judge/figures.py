"""The first gate: what code can tell exactly of a statement. Each figure and date stands in what it rests on,
or is the value of a calculation; no address leads out of it.

A miss goes back to the writer. Not here: what the words mean (`judging.py`), how figures are read
(`research/quantities.py`)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from research.cite import unlinked
from research.documents import Documents
from research.quantities import missing
from research.types import Calculation, DraftSentence, Evidence, Quote, RunEvidence, SearchLog

_SECRET = re.compile(r"(?=[\w+/=]*\d)(?=[\w+/=]*[A-Za-z])[\w+/=]{24,}", re.ASCII)  # a key, plain or encoded
_LIKE_A_KEY = re.compile(r"(?=\w*\d)(?=\w*[A-Za-z])\w{12,}", re.ASCII)


@dataclass(frozen=True)
class Grounds:
    """What every statement of a run may take its figures from: `asked` is the question, what was said beside
    it and today's date, `question` the question alone; `outputs` are what runs
    printed, by id; `languages` those of its number words."""

    documents: Documents
    asked: str
    outputs: dict[str, str]
    languages: tuple[str, ...] = ("en",)
    question: str = ""


def stands_in(value: str, text: str) -> bool:
    """Whether a figure stands in a text, in whatever notation."""
    return not missing(value, [text])


def misses(text: str, evidence: Sequence[Evidence], grounds: Grounds) -> tuple[str, ...]:
    """What is wrong with a statement by its figures and addresses; nothing if all of it stands."""
    texts = [grounds.asked, *_texts(evidence, grounds)]
    lacking = missing(text, texts, values=_values(evidence), languages=grounds.languages)
    found = [f"{figure} stands nowhere in what it rests on" for figure in lacking]
    found += ["it holds an address or a link"] if unlinked(text) != text else []
    known = " ".join([grounds.question, *texts[1:]])
    found += [f"{word} stands nowhere in what it rests on" for word in _secrets(text, grounds) if word not in known]
    return tuple(dict.fromkeys(found))


def _secrets(text: str, grounds: Grounds) -> list[str]:
    """What looks like a key, or like one that the asker confided beside the question: no part of an answer."""
    beside = [word for word in _LIKE_A_KEY.findall(grounds.asked) if word not in grounds.question]
    return [*_SECRET.findall(text), *(word for word in beside if word in text)]


def _texts(evidence: Iterable[Evidence], grounds: Grounds) -> Iterable[str]:
    """The quotes with their neighbours, the titles and dates of their sources, and what runs printed."""
    for one in evidence:
        if isinstance(one, Quote):
            yield grounds.documents.neighbours(one)
            reading = grounds.documents.reading_of(one)
            yield " ".join(filter(None, (reading.title, reading.site, reading.published_at)))
        elif isinstance(one, RunEvidence):
            yield grounds.outputs.get(one.run_id, "")


def _values(evidence: Sequence[Evidence]) -> list[Decimal]:
    """The results of calculations, what was searched, and how many sources and quotes are cited."""
    values = [Decimal(one.value) for one in evidence if isinstance(one, Calculation)]
    quotes = [one for one in evidence if isinstance(one, Quote)]
    values += [Decimal(len(quotes)), Decimal(len({one.snapshot_id for one in quotes}))]
    logs = [one for one in evidence if isinstance(one, SearchLog)]
    return values + [Decimal(n) for log in logs for n in (len(log.queries), log.pages, len(log.readings))]


def words_of(sentence: DraftSentence) -> str:
    """All that a sentence says: with what would overturn it."""
    return " ".join(filter(None, (sentence.text, sentence.overturned_by)))
