"""The gates of a draft: every string that a model wrote is checked by code and judged; what fails
goes back to its writer once, with what was missing and the evidence; what fails twice becomes a
quote, or goes.

Nothing is laundered: a failed fact is mended, never renamed. Not here: what code checks
(`agents/judge/figures.py`), what the judge is shown (`agents/judge/judging.py`)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.asking import ask
from agents.guarding.fence import addresses_assistant, on_one_line
from agents.judge.figures import Grounds, misses
from agents.judge.judging import Judge, Statement, Verdict
from agents.judge.nearness import Nearness
from agents.models import Models
from agents.writing import reading
from agents.writing.resolving import Resolver
from agents.writing.review.asked import Asked, Opposed
from agents.writing.review.assembling import Assembled, named_parts, renamed
from agents.writing.review.corroborating import corroborated
from agents.writing.review.disputes import real, sides_dated
from agents.writing.review.mending import Mended
from agents.writing.review.naming import named
from agents.writing.review.pieces import TITLE, Piece, heading_name, name_of, pieces_of, quotes_of
from agents.writing.review.standings import marked
from agents.writing.words import own_words
from research.crew import Run
from research.domain import (
    Calculation,
    Contradiction,
    Draft,
    DraftBlock,
    DraftSentence,
    DraftTable,
    Evidence,
    Mark,
    Quote,
    SentenceVerdict,
    Side,
)
from research.errors import BudgetExhausted
from research.reporting import bind as cite
from research.text.sentences import clip, estimate_tokens, terms

OVERSTATED = (
    "plausible only: name the further premises that carry it, or narrow it, or word "
    "it as uncertain and mark it low"
)
OF_A_SIDE = 240  # characters of quotes that stand for a side whose own words do not hold
REPAIRED_AT_ONCE = 16  # blocks that go back to the writer in one call


@dataclass(frozen=True)
class Finding:
    """What the gates say of one string: `verdict` None is a failure without a word of the judge."""

    verdict: SentenceVerdict | None
    missing: tuple[str, ...] = ()
    hedged: bool = False

    @property
    def passed(self) -> bool:
        """Whether it may stand as it is; a plausible inference may if it says itself that it is
        uncertain."""
        return self.verdict == "supported" or (self.verdict == "partial" and self.hedged)


class Review:
    """The review of one draft."""

    def __init__(
        self, run: Run, models: Models, judge: Judge, grounds: Grounds, resolver: Resolver
    ) -> None:
        self._run, self._models, self._judge = run, models, judge
        self._grounds, self._resolver = grounds, resolver
        self._called: dict[Calculation, Calculation] = {}
        self._saying: dict[DraftSentence, int] = {}
        self._nearness = Nearness(grounds.documents)
        self._asked = Asked(grounds, resolver, self._nearness)
        self._as_rows: set[str] = set()  # cells that failed because their row did
        self._found: dict[str, Finding] = {}
        self._stood: dict[
            str, list[frozenset[Evidence]]
        ] = {}  # what each heading that passed was judged by
        self._unjudged: set[str] = set()
        self._first = self._mended = 0

    async def of(self, draft: Draft, values: Mapping[str, Any]) -> Draft:
        """The draft after its gates. `values` fill the prompt that the writer saw, and sees again
        to mend."""
        self._judge.standings = standings = await marked(
            self._resolver.ledger.standings, self._judge, self._grounds.documents, self._nearness
        )
        found = self._resolver.ledger.contradictions
        held = await real([*found, *(draft.contradictions or ())], self._judge)
        self._asked.against = Opposed([held[one] for one in found if one in held])
        pieces = pieces_of(draft)
        await self._examine(pieces)
        sentences = [s for piece in pieces for s in piece.sentences()]
        self._first = sum(self._of(s).passed for s in sentences if s.kind != "framing")
        pieces = await self._repaired(pieces, values)
        disputes = await self._contradictions(draft, pieces, held)
        written = [s for piece in pieces for s in piece.sentences()]
        calculations = (one for s in written for one in s.evidence if isinstance(one, Calculation))
        self._called = await named(calculations, self._judge, self._grounds)
        prose = [
            s
            for p in pieces
            for block in p.blocks
            if not isinstance(block, DraftTable)
            for s in reading.sentences_of(block)
        ]
        facts = [
            s
            for s in prose
            if s.kind in ("fact", "attributed") and self._of(s).verdict == "supported"
        ]
        self._saying = await corroborated(facts, self._resolver.ledger.by_id(), self._judge)
        drawings = {drawing.id for drawing in self._resolver.ledger.drawings}
        checked = Assembled(
            self._final, self._stands, self._known, own_words(self._run.question), drawings
        )
        made = await self._headed(checked.draft(draft, pieces))
        limits = (
            [f"{own_words(self._run.question)['unjudged']}{len(self._unjudged)}"]
            if self._unjudged
            else []
        )
        return made.model_copy(
            update={
                "contradictions": disputes,
                "standings": standings,
                "limitations": (*made.limitations, *limits),
                "complete": made.complete and not self._unjudged,
                "supported_at_first": self._first,
                "repaired": self._mended,
                "dropped": draft.dropped + checked.dropped,
                "judge": self._judge.name,
            }
        )

    # The gates

    async def _examine(self, pieces: Sequence[Piece]) -> None:
        """Put every string of these pieces through both gates that was not yet."""
        # figures of hundreds of sentences take a while
        asked = await asyncio.to_thread(self._by_code, pieces)
        verdicts = await self._judge.verdicts(list(asked.values()))
        for (keys, statement), verdict in zip(asked.items(), verdicts, strict=True):
            found = _finding(statement, verdict)
            self._found |= dict.fromkeys(keys, found)
            self._as_rows |= set(keys) if len(keys) > 1 and not found.passed else set()
            if statement.kind == "heading" and found.passed:
                self._stood.setdefault(statement.text, []).append(frozenset(statement.evidence))
            self._unjudged = (
                self._unjudged | set(keys) if verdict is None else self._unjudged - set(keys)
            )

    def _by_code(self, pieces: Sequence[Piece]) -> dict[tuple[str, ...], Statement]:
        """The first gate; what passes it is for the judge."""
        asked: dict[tuple[str, ...], Statement] = {}
        for piece in pieces:
            for asking in self._asked.of(piece):
                keys = tuple(key for key in asking.keys if key not in self._found)
                if not keys or keys in asked:
                    continue
                if asking.wrong:
                    self._found |= dict.fromkeys(keys, Finding(None, asking.wrong))
                    self._as_rows |= set(keys) if len(keys) > 1 else set()
                else:
                    asked[keys] = asking.statement
        return asked

    def _of(self, sentence: DraftSentence) -> Finding:
        key, _ = self._asked.keys.get(id(sentence), ("", sentence))
        return self._found.get(key, Finding(None))

    # Repair

    async def _repaired(self, pieces: Sequence[Piece], values: Mapping[str, Any]) -> list[Piece]:
        """The pieces, those with something that failed written once more and examined again."""
        failing = [piece for piece in pieces if self._fails(piece)]
        made: dict[str, Piece] = {}
        for start in range(0, len(failing), REPAIRED_AT_ONCE):
            batch = failing[start : start + REPAIRED_AT_ONCE]
            try:
                given = await self._ask(batch, values)
            except BudgetExhausted as error:
                await self._run.floor("repair", str(error))
                break
            known = {piece.id: piece for piece in batch}
            for block in given.blocks if given else ():
                if block.id in known:
                    made[block.id] = self._read(known[block.id], block.markdown)
        self._asked.cell_by_cell = True
        stood = {self._asked.keys[id(s)][0] for piece in failing for s in piece.sentences()}
        for name in self._as_rows:
            del self._found[name]
        await self._examine(_under_new_headings(failing, made))
        mended = (
            s
            for piece in made.values()
            for s in piece.sentences()
            if self._asked.keys[id(s)][0] not in stood
        )
        self._mended = sum(self._of(s).passed for s in mended if s.kind != "framing")
        return _under_new_headings(pieces, made)

    def _fails(self, piece: Piece) -> bool:
        return any(
            not self._found[key].passed
            for one in self._asked.of(piece)
            for key in one.keys
            if key in self._found
        )

    async def _ask(self, batch: Sequence[Piece], values: Mapping[str, Any]) -> Mended | None:
        return await ask(
            self._run,
            self._models,
            "writer",
            "repair",
            Mended,
            schema=_schema([piece.id for piece in batch]),
            max_tokens=min(
                16_000, 2_000 + 2 * sum(estimate_tokens(self._told(piece)) for piece in batch)
            ),
            **values,
            blocks="\n\n".join(self._told(piece) for piece in batch),
        )

    def _told(self, piece: Piece) -> str:
        """A piece as it was written, and what is wrong with it."""
        shown = piece.text or "\n\n".join(reading.shown(block) for block in piece.blocks)
        lines = [
            f"### {piece.id}{f' (under “{piece.heading}”)' if piece.heading else ''}",
            shown,
            "Not accepted:",
        ]
        for asking in self._asked.of(piece):
            found = self._found.get(asking.keys[0])
            if found and not found.passed:
                why = "; ".join(found.missing) or "not supported by what it rests on"
                lines.append(
                    f"- “{asking.statement.text}” ({found.verdict or 'unsupported'}): {why}"
                )
        return "\n".join(lines)

    def _read(self, piece: Piece, markdown: str) -> Piece:
        blocks, heading = reading.read_blocks(markdown, self._resolver)
        if piece.text:
            words = heading or " ".join(
                s.text for block in blocks for s in reading.sentences_of(block)
            )
            return replace(piece, text=words.strip() or piece.text)
        return replace(piece, blocks=tuple(blocks))

    # What is left

    def _final(self, sentence: DraftSentence) -> DraftSentence | None:
        """The sentence as it is told, with its calculations under names that may be told."""
        made = self._judged(sentence)
        if made is None:
            return None
        evidence = tuple(
            self._called.get(one, one) if isinstance(one, Calculation) else one
            for one in made.evidence
        )
        return made.model_copy(
            update={"evidence": evidence, "independent": self._saying.get(sentence)}
        )

    def _judged(self, sentence: DraftSentence) -> DraftSentence | None:
        """The sentence with its verdict; what failed twice is its own source's words, or goes."""
        found = self._of(sentence)
        if found.passed and sentence.kind == "framing":
            return sentence
        if found.verdict == "supported":
            return sentence.model_copy(update={"verdict": "supported"})
        if found.verdict is not None and (sentence.evidence or found.passed):
            # what is plausible only is never sure
            sure = "low" if sentence.kind == "inference" else sentence.confidence
            told = {
                "verdict": found.verdict,
                "reason": "; ".join(found.missing),
                "confidence": sure,
            }
            return sentence.model_copy(update=told)
        return self._quoted(sentence)

    def _quoted(self, sentence: DraftSentence) -> DraftSentence | None:
        """Its source's own words; none of one that speaks to an assistant."""
        quotes = [one for one in sentence.evidence if isinstance(one, Quote)]
        if (
            sentence.kind != "fact"
            or len(quotes) != 1
            or addresses_assistant(quotes[0].quote)
            or not cite.plain(quotes[0].quote)
        ):
            return None
        source = self._grounds.documents.reading_of(quotes[0])
        text = f"{cite.plain(source.title)}: “{cite.plain(quotes[0].quote)}”"
        mark = Mark(
            start=0, end=len(text), evidence=(0,), refs=self._grounds.documents.refs(quotes[0])
        )
        quoted = {
            "text": text,
            "kind": "attributed",
            "verdict": "supported",
            "evidence": (quotes[0],),
            "marks": (mark,),
        }
        return sentence.model_copy(update=quoted)

    async def _headed(self, made: Draft) -> Draft:
        """The draft with its title and headings judged once more where what they rested on is no
        longer there."""
        words = own_words(self._run.question)
        own = {*words.values(), ""}  # code's words need no judge
        parts = [
            Piece(TITLE if place == 0 else "", text=text, under=under)
            for place, (text, under) in enumerate(named_parts(made))
        ]
        await self._examine(
            [
                piece
                for piece in parts
                if piece.text not in own and not self._still(piece.text, piece.under)
            ]
        )
        return renamed(
            made,
            lambda text, under: (
                text in own or self._still(text, under) or self._stands(text, under)
            ),
            words,
        )

    def _still(self, text: str, under: Sequence[DraftBlock]) -> bool:
        """Whether all that a heading was judged by is still there."""
        there = {one for block in under for s in reading.sentences_of(block) for one in s.evidence}
        return any(judged and judged <= there for judged in self._stood.get(text, ()))

    def _stands(self, text: str, under: Sequence[DraftBlock]) -> bool:
        return self._found.get(heading_name(text, under), Finding(None)).passed

    def _known(self, name: str, table: DraftTable) -> bool:
        """Whether the name of a column is made of words of the question and of what its table
        cites, so that it can stand without a word of the judge."""
        texts = [self._grounds.asked]
        for quote in dict.fromkeys(q for s in reading.sentences_of(table) for q in quotes_of(s)):
            source = self._grounds.documents.reading_of(quote)
            texts += [self._grounds.documents.neighbours(quote), source.title]
        return set(terms(name)) <= {term for text in texts for term in terms(text)}

    async def _contradictions(
        self, draft: Draft, pieces: Sequence[Piece], held: Mapping[Contradiction, Contradiction]
    ) -> tuple[Contradiction, ...]:
        """What sources disagree about: its topic, note and sides judged as well. A side that fails
        is told in its source's words, a note that fails is left out, and so is a topic that has no
        better name. Without an outline's choice, those that the report has to do with."""
        told = draft.contradictions
        if told is None:
            cited = {quote for piece in pieces for s in piece.sentences() for quote in quotes_of(s)}
            found = self._resolver.ledger.contradictions
            told = tuple(
                one for one in found if any(cited & set(side.evidence) for side in one.sides)
            )
        told = tuple(held[one] for one in told if one in held)
        asked: dict[str, Statement] = {}
        for one in told:
            every = tuple(q for side in one.sides for q in side.evidence)
            asked[name_of(one.topic, "heading", evidence=every)] = Statement(
                one.topic, "heading", evidence=every
            )
            if one.note:
                asked[name_of(one.note, "fact", evidence=every)] = Statement(
                    one.note, "inference", one.topic, every, confidence="low"
                )
            for side in one.sides:
                asked[name_of(side.text, "fact", evidence=side.evidence)] = Statement(
                    side.text, "fact", one.topic, side.evidence
                )
        fresh = {key: s for key, s in asked.items() if key not in self._found}
        checked = {key: misses(s.text, s.evidence, self._grounds) for key, s in fresh.items()}
        judged = [key for key in fresh if not checked[key]]
        verdicts = await self._judge.verdicts([fresh[key] for key in judged])
        self._found |= {key: Finding(None, missing) for key, missing in checked.items() if missing}
        self._found |= {
            key: _finding(fresh[key], one) for key, one in zip(judged, verdicts, strict=True)
        }
        return tuple(made for one in told if (made := self._told_contradiction(one)) is not None)

    def _told_contradiction(self, one: Contradiction) -> Contradiction | None:
        """The contradiction in words that stand; None where a side has none that may be told."""
        every = tuple(q for side in one.sides for q in side.evidence)
        sides = tuple(
            side
            if self._found[name_of(side.text, "fact", evidence=side.evidence)].passed
            else side.model_copy(update={"text": self._in_its_words(side.evidence[0])})
            for side in one.sides
        )
        note = (
            one.note
            if one.note
            and self._found[name_of(one.note, "fact", evidence=every)].verdict == "supported"
            else ""
        )
        topic = (
            one.topic
            if self._found[name_of(one.topic, "heading", evidence=every)].passed
            else self._between(sides)
        )
        if not topic or not all(side.text for side in sides):
            return None
        return one.model_copy(
            update={"topic": topic, "note": note, "sides": sides_dated(sides, self._grounds)}
        )

    def _in_its_words(self, quote: Quote) -> str:
        """A source's name and what it says; '' of one that speaks to an assistant."""
        title, said = (
            cite.plain(self._grounds.documents.reading_of(quote).title),
            cite.plain(quote.quote),
        )
        if not said or addresses_assistant(said) or addresses_assistant(title):
            return ""
        return f"{title}: “{clip(on_one_line(said), OF_A_SIDE)}”"

    def _between(self, sides: Sequence[Side]) -> str:
        """The sources that disagree, where what it is about has no name that holds."""
        titles = (
            cite.plain(self._grounds.documents.reading_of(side.evidence[0]).title) for side in sides
        )
        return " / ".join(
            title for title in dict.fromkeys(titles) if title and not addresses_assistant(title)
        )


def _under_new_headings(pieces: Sequence[Piece], made: Mapping[str, Piece]) -> list[Piece]:
    """The pieces, those that were mended in their new words and under their new headings."""
    renamed = {old.text: made[old.id].text for old in pieces if old.text and old.id in made}
    kept = [made.get(piece.id, piece) for piece in pieces]
    return [replace(piece, heading=renamed.get(piece.heading, piece.heading)) for piece in kept]


def _finding(statement: Statement, verdict: Verdict | None) -> Finding:
    if verdict is None or verdict.word == "unsupported" or verdict.word == "refuted":
        return Finding(None, _missing(verdict))
    if verdict.word == "disputed":
        return Finding("contested", _missing(verdict))
    if verdict.word == "partial" and statement.kind == "inference":
        return Finding(
            "partial", (*_missing(verdict), OVERSTATED), hedged=statement.confidence == "low"
        )
    return Finding(verdict.word, _missing(verdict))


def _missing(verdict: Verdict | None) -> tuple[str, ...]:
    return (verdict.missing,) if verdict and verdict.missing else ()


def _schema(ids: Sequence[str]) -> dict[str, Any]:
    one = {
        "type": "object",
        "properties": {"id": {"enum": list(ids)}, "markdown": {"type": "string"}},
        "required": ["id", "markdown"],
        "additionalProperties": False,
    }
    blocks = {"type": "array", "items": one, "maxItems": len(ids)}
    return {
        "type": "object",
        "properties": {"blocks": blocks},
        "required": ["blocks"],
        "additionalProperties": False,
    }
