"""What sources are said to disagree about: whether they do, and in which words that is told.

A model that was misled could call the true figure contested, or superseded by the page that misled
it: so whether sources disagree is asked over their quotes, but where those are rows of tables."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.guarding.untrusted_text import addresses_assistant, on_one_line
from agents.judge.figures import Grounds, misses
from agents.judge.judging import Judge, Statement
from agents.writing.review.gates import Gates
from agents.writing.review.pieces import Piece, name_of, quotes_of
from research.domain import Contradiction, Evidence, Quote, Side
from research.reporting.bind import plain
from research.text.sentences import clip

SHOWN = 300  # characters of a side
OF_A_SIDE = 240  # characters of quotes that stand for a side whose own words do not hold
_WORD = re.compile(r"\w+")


def besides(held: Iterable[Contradiction], found: Iterable[Contradiction]) -> list[Contradiction]:
    """What was found and is none of those that hold in other words."""
    known = list(held)
    return [one for one in found if not any(_covers(other, one) for other in known)]


def _covers(one: Contradiction, other: Contradiction) -> bool:
    """Whether each side of another has its like among the sides of this one, each its own."""
    own = [set(side.evidence) for side in one.sides]
    for side in other.sides:
        like = next((quotes for quotes in own if quotes & set(side.evidence)), None)
        if like is None:
            return False
        own.remove(like)
    return True


async def real(found: Iterable[Contradiction], judge: Judge) -> dict[Contradiction, Contradiction]:
    """Those whose quotes do disagree, by what they were; one that supersedes nothing may still be a
    conflict."""
    told = {
        one: one
        for one in dict.fromkeys(found)
        if not any(addresses_assistant(q.quote) for side in one.sides for q in side.evidence)
    }
    held = await _held(told, judge)
    still = {
        one: one.replace(kind="conflict")
        for one in told
        if one not in held and one.kind == "superseded"
    }
    also = await _held(still, judge)
    return {one: made for one in told if (made := held.get(one) or also.get(one))}


async def _held(
    told: Mapping[Contradiction, Contradiction], judge: Judge
) -> dict[Contradiction, Contradiction]:
    verdicts = await judge.verdicts([_statement(made) for made in told.values()])
    return {
        one: made
        for (one, made), verdict in zip(told.items(), verdicts, strict=True)
        if verdict is not None and verdict.word == "supported"
    }


def _statement(one: Contradiction) -> Statement:
    said = [f"“{clip(_said_by(side), SHOWN)}”" for side in one.sides]
    if one.kind == "superseded":
        text = f"What holds now is {said[-1]}; it has replaced {', '.join(said[:-1])}."
    else:
        text = (
            f"These speak of the same and do not fit together, as different values or as a "
            f"promise and its result: {'; '.join(said)}."
        )
    return Statement(
        text, "fact", evidence=tuple(dict.fromkeys(e for side in one.sides for e in _rests(side)))
    )


def _rests(side: Side) -> tuple[Evidence, ...]:
    """What a side quotes, and what computed it."""
    return (*side.evidence, *side.runs)


def _said_by(side: Side) -> str:
    """What a side quotes; of rows of tables, which say nothing alone, what it was told to say."""
    quoted = " … ".join(plain(quote.quote) for quote in side.evidence)
    return on_one_line(side.text) if side.text and _is_row(quoted) else quoted


def _is_row(said: str) -> bool:
    return "; " in said and said.count(": ") > 1


def dated(side: Side, grounds: Grounds) -> Side:
    """The side with its date only where that stands in what it quotes, by its words or, of figures
    alone, as a date."""
    if not side.date:
        return side
    known: set[str] = set()
    for quote in side.evidence:
        text = (
            f"{grounds.documents.neighbours(quote)} "
            f"{grounds.documents.reading_of(quote).published_at or ''}"
        )
        known |= set(_WORD.findall(text.casefold()))
    stands = set(_WORD.findall(side.date.casefold())) <= known
    figures = not side.date.strip("0123456789 ./-") and not misses(
        side.date, side.evidence, grounds
    )
    return side if stands or figures else side.replace(date="")


def cited_of(pieces: Iterable[Piece], found: Iterable[Contradiction]) -> list[Contradiction]:
    """Those that a report has to do with: it cites one of their sides."""
    cited = {quote for piece in pieces for s in piece.sentences() for quote in quotes_of(s)}
    return [one for one in found if any(cited & set(side.evidence) for side in one.sides)]


@dataclass(frozen=True)
class Telling:
    """The words in which the contradictions of one report are told: topic, note and sides pass the
    gates like all that a model wrote."""

    gates: Gates
    grounds: Grounds

    async def of(self, held: Sequence[Contradiction]) -> tuple[Contradiction, ...]:
        """The contradictions in words that stand. A side that fails is told in its source's words,
        a note that fails is left out, and so is a contradiction whose topic has no better name."""
        asked = {key: statement for one in held for key, statement in _strings(one)}
        wrong = {key: misses(s.text, s.evidence, self.grounds) for key, s in asked.items()}
        await self.gates.examine_statements(asked, wrong)
        return tuple(made for one in held if (made := self._told(one)) is not None)

    def _told(self, one: Contradiction) -> Contradiction | None:
        sides = tuple(dated(self._side(side), self.grounds) for side in one.sides)
        topic_stands = self.gates.of_key(_topic_key(one)).passed
        topic = one.topic if topic_stands else self._between(sides)
        if not topic or not all(side.text for side in sides):
            return None
        note_stands = self.gates.of_key(_note_key(one)).verdict == "supported"
        note = one.note if note_stands else ""
        return one.replace(topic=topic, note=note, sides=sides)

    def _side(self, side: Side) -> Side:
        if self.gates.of_key(_side_key(side)).passed:
            return side
        return side.replace(text=self._in_its_words(side.evidence[0]))

    def _in_its_words(self, quote: Quote) -> str:
        """A source's name and what it says; '' of one that speaks to an assistant, and of what
        nobody could read there: a long quote, a row of a table."""
        title, said = self._title(quote), on_one_line(plain(quote.quote))
        if not said or _is_row(said) or len(said) > OF_A_SIDE:
            return ""
        if addresses_assistant(said) or addresses_assistant(title):
            return ""
        return f"{title}: “{said}”"

    def _between(self, sides: Sequence[Side]) -> str:
        """The sources that disagree, where what it is about has no name that holds."""
        titles = dict.fromkeys(self._title(side.evidence[0]) for side in sides)
        return " / ".join(title for title in titles if title and not addresses_assistant(title))

    def _title(self, quote: Quote) -> str:
        return plain(self.grounds.documents.reading_of(quote).title)


def _strings(one: Contradiction) -> Iterator[tuple[str, Statement]]:
    """What a model wrote of a contradiction, as statements by their keys."""
    every = _quotes(one)
    yield _topic_key(one), Statement(one.topic, "heading", evidence=every)
    if one.note:
        grounds = tuple(dict.fromkeys((*every, *one.grounds)))
        told = Statement(one.note, "inference", one.topic, grounds, confidence="low")
        yield _note_key(one), told
    for side in one.sides:
        yield _side_key(side), Statement(side.text, "fact", one.topic, _rests(side))


def _quotes(one: Contradiction) -> tuple[Quote, ...]:
    return tuple(quote for side in one.sides for quote in side.evidence)


def _topic_key(one: Contradiction) -> str:
    return name_of(one.topic, "heading", evidence=_quotes(one))


def _note_key(one: Contradiction) -> str:
    return name_of(one.note, "fact", evidence=_quotes(one))


def _side_key(side: Side) -> str:
    return name_of(side.text, "fact", evidence=side.evidence)
