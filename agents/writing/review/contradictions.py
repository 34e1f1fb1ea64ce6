"""What sources are said to disagree about: whether they do, and in which words that is told.

A model that was misled could call the true figure contested, or superseded by the page that misled
it: so whether sources disagree is asked over their quotes, but where those are rows of tables."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from agents.guarding.untrusted_text import addresses_assistant, on_one_line
from agents.judge.figures import Grounds, misses
from agents.judge.judging import Judge, Statement
from agents.writing.review.pieces import Piece, quotes_of
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
    told = {one: _statement(one) for one in found if not any(map(_is_addressed, _quotes(one)))}
    held = await judge.supported(told)
    weaker = {
        one: one.replace(kind="conflict")
        for one in told
        if one not in held and one.kind == "superseded"
    }
    also = await judge.supported({one: _statement(made) for one, made in weaker.items()})
    return {one: weaker.get(one, one) for one in told if one in held | also}


def _is_addressed(quote: Quote) -> bool:
    return addresses_assistant(quote.quote)


def _quotes(one: Contradiction) -> tuple[Quote, ...]:
    return tuple(quote for side in one.sides for quote in side.evidence)


def _statement(one: Contradiction) -> Statement:
    said = [f"“{clip(_said_by(side), SHOWN)}”" for side in one.sides]
    if one.kind == "superseded":
        text = f"What holds now is {said[-1]}; it has replaced {', '.join(said[:-1])}."
    else:
        text = (
            f"These speak of the same and do not fit together, as different values or as a "
            f"promise and its result: {'; '.join(said)}."
        )
    rests = dict.fromkeys(evidence for side in one.sides for evidence in _rests(side))
    return Statement(text, "fact", context=f"on: {on_one_line(one.topic)}", evidence=tuple(rests))


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
    documents = grounds.documents
    texts = [documents.neighbours(quote) for quote in side.evidence]
    texts += [documents.reading_of(quote).published_at or "" for quote in side.evidence]
    if _words(side.date) <= _words(" ".join(texts)):
        return side
    figures = not side.date.strip("0123456789 ./-")
    if figures and not misses(side.date, side.evidence, grounds):
        return side
    return side.replace(date="")


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def cited_of(pieces: Iterable[Piece], found: Iterable[Contradiction]) -> list[Contradiction]:
    """Those that a report has to do with: it cites one of their sides."""
    cited = {quote for piece in pieces for s in piece.sentences() for quote in quotes_of(s)}
    return [one for one in found if not cited.isdisjoint(_quotes(one))]


@dataclass(frozen=True)
class Telling:
    """The words in which the contradictions of one report are told: topic, note and sides pass the
    gates like all that a model wrote."""

    judge: Judge
    grounds: Grounds

    async def of(self, held: Sequence[Contradiction]) -> tuple[Contradiction, ...]:
        """The contradictions in words that stand. A side that fails is told in its source's words,
        a note that fails is left out, and so is a contradiction whose topic has no better name."""
        written = [
            statement
            for one in held
            for statement in (_topic(one), _note(one), *(_side(side, one) for side in one.sides))
        ]
        asked = [s for s in written if s.text and not misses(s.text, s.evidence, self.grounds)]
        stands = await self.judge.supported({statement: statement for statement in asked})
        told = (self._told(one, stands) for one in held)
        return tuple(one for one in told if one.topic and all(side.text for side in one.sides))

    def _told(self, one: Contradiction, stands: Collection[Statement]) -> Contradiction:
        sides = tuple(
            side
            if _side(side, one) in stands
            else side.replace(text=self._quoted(side.evidence[0]))
            for side in one.sides
        )
        return one.replace(
            topic=one.topic if _topic(one) in stands else self._between(sides),
            note=one.note if _note(one) in stands else "",
            sides=tuple(dated(side, self.grounds) for side in sides),
        )

    def _quoted(self, quote: Quote) -> str:
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


def _topic(one: Contradiction) -> Statement:
    return Statement(one.topic, "heading", evidence=_quotes(one))


def _note(one: Contradiction) -> Statement:
    rests = tuple(dict.fromkeys((*_quotes(one), *one.grounds)))
    return Statement(one.note, "inference", one.topic, rests, confidence="low")


def _side(side: Side, of: Contradiction) -> Statement:
    return Statement(side.text, "fact", of.topic, _rests(side))
