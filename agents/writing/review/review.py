"""The review of a draft: every string that a model wrote passes the gates; what fails goes back to
its writer once, with what was missing and the evidence; what fails twice becomes a quote of its
source, or goes.

Nothing is laundered: a failed fact is mended, never renamed. Not here: what code checks
(`agents/judge/figures.py`), what the judge is shown (`agents/judge/judging.py`)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agents.guarding.untrusted_text import addresses_assistant
from agents.judge.figures import Grounds
from agents.judge.judging import Judge
from agents.judge.nearness import Nearness
from agents.models import Models
from agents.writing import reading
from agents.writing.resolving import Resolver
from agents.writing.review.assembly import Assembled, named_anew, names_of, renamed
from agents.writing.review.contradictions import Telling, besides, cited_of, real
from agents.writing.review.corroboration import corroborated
from agents.writing.review.document_status import marked
from agents.writing.review.gates import Gates
from agents.writing.review.labels import named
from agents.writing.review.pieces import TITLE, Piece, pieces_of, quotes_of
from agents.writing.review.repair import Repair, under_new_headings
from agents.writing.review.statements import Asked, Opposed
from agents.writing.words import own_words
from research.crew import Run
from research.domain import (
    Calculation,
    Contradiction,
    Draft,
    DraftBlock,
    DraftSentence,
    DraftTable,
    Mark,
    Quote,
)
from research.reporting import bind
from research.text.sentences import terms


class Review:
    """The review of one draft."""

    def __init__(
        self, run: Run, models: Models, judge: Judge, grounds: Grounds, resolver: Resolver
    ) -> None:
        self._run, self._models, self._judge = run, models, judge
        self._grounds, self._resolver = grounds, resolver
        self._nearness = Nearness(grounds.documents)
        self._asked = Asked(grounds, resolver, self._nearness)
        self._gates = Gates(self._asked, judge)
        self._words = own_words(run.question)
        self._labelled: dict[Calculation, Calculation] = {}
        self._saying: dict[DraftSentence, int] = {}
        self._repaired = 0

    async def of(self, draft: Draft, values: Mapping[str, Any]) -> Draft:
        """The draft after its gates. `values` fill the prompt that the writer saw, and sees again
        to mend."""
        ledger, pieces = self._resolver.ledger, pieces_of(draft)
        cited = _snapshots(_sentences(pieces), draft.contradictions or ledger.contradictions)
        found = {id: one for id, one in ledger.standings.items() if id in cited}
        self._judge.standings = standings = await marked(
            found, self._judge, self._grounds.documents, self._nearness
        )
        held = await real(draft.contradictions or (), self._judge)
        held |= await real(besides(held, ledger.contradictions), self._judge)
        self._asked.against = Opposed(list(held.values()))

        await self._gates.examine(pieces)
        supported_at_first = self._passed(_sentences(pieces))
        await self._gates.examine_failed_rows(pieces)
        pieces = await self._mended(pieces, values)

        contradictions = await self._contradictions(draft, pieces, held)
        stands = {sentence: self._gates.of(sentence).passed for sentence in _sentences(pieces)}
        self._labelled = await named(stands, self._judge, self._grounds)
        facts = self._supported_facts(pieces)
        self._saying = await corroborated(facts, ledger.by_id(), self._judge)

        drawings = {drawing.id for drawing in ledger.drawings}
        assembled = Assembled(
            self._final, self._gates.heading_stands, self._known, self._words, drawings
        )
        made = await self._headed(assembled.draft(draft, pieces), values)
        made = await self._by_topic(made, next((p.text for p in pieces if p.id == TITLE), ""))
        unjudged = self._gates.unjudged
        limits = [f"{self._words['unjudged']}{unjudged}"] if unjudged else []
        return made.replace(
            contradictions=contradictions,
            standings=standings,
            limitations=(*made.limitations, *limits),
            complete=made.complete and not unjudged,
            supported_at_first=supported_at_first,
            repaired=self._repaired,
            dropped=draft.dropped + assembled.dropped,
            judge=self._judge.name,
        )

    def _passed(self, sentences: Iterable[DraftSentence]) -> int:
        """How many of these sentences passed the gates, of those that state something."""
        return sum(self._gates.of(s).passed for s in sentences if s.kind != "framing")

    async def _mended(self, pieces: Sequence[Piece], values: Mapping[str, Any]) -> list[Piece]:
        """The pieces, those with something that failed written once more and examined again."""
        failing = [piece for piece in pieces if any(self._gates.failures(piece))]
        mended = await self._repair(values).of(failing)
        before = {self._asked.key_of(s) for s in _sentences(failing)}
        await self._gates.examine(under_new_headings(failing, mended))
        written = _sentences(mended.values())
        self._repaired = self._passed(s for s in written if self._asked.key_of(s) not in before)
        return under_new_headings(pieces, mended)

    def _repair(self, values: Mapping[str, Any]) -> Repair:
        return Repair(self._run, self._models, self._gates, self._resolver, values)

    def _supported_facts(self, pieces: Sequence[Piece]) -> list[DraftSentence]:
        """The sentences of the prose that state a fact and were found supported."""
        blocks = [block for piece in pieces for block in piece.blocks]
        prose = [block for block in blocks if not isinstance(block, DraftTable)]
        return [
            sentence
            for block in prose
            for sentence in reading.sentences_of(block)
            if sentence.kind in ("fact", "attributed")
            and self._gates.of(sentence).verdict == "supported"
        ]

    async def _contradictions(
        self, draft: Draft, pieces: Sequence[Piece], held: Mapping[Contradiction, Contradiction]
    ) -> tuple[Contradiction, ...]:
        """What sources disagree about, of what the outline chose; without an outline's choice,
        those that the report has to do with."""
        told: Sequence[Contradiction] | None = draft.contradictions
        if told is None:
            told = cited_of(pieces, self._resolver.ledger.contradictions)
        telling = Telling(self._gates, self._grounds)
        return await telling.of([held[one] for one in told if one in held])

    def _final(self, sentence: DraftSentence) -> DraftSentence | None:
        """The sentence as it is told, with its calculations under names that may be told."""
        made = self._judged(sentence)
        if made is None:
            return None
        evidence = tuple(
            self._labelled.get(one, one) if isinstance(one, Calculation) else one
            for one in made.evidence
        )
        saying = self._saying.get(sentence)
        return made.replace(evidence=evidence, independent=saying)

    def _judged(self, sentence: DraftSentence) -> DraftSentence | None:
        """The sentence with its verdict; what failed twice is its own source's words, or goes."""
        found = self._gates.of(sentence)
        if found.passed and sentence.kind == "framing":
            return sentence
        if found.verdict == "supported":
            return sentence.replace(verdict="supported")
        if found.verdict is None or not (sentence.evidence or found.passed):
            return self._quoted(sentence)
        # what is plausible only is never sure
        sure = "low" if sentence.kind == "inference" else sentence.confidence
        reason = "; ".join(found.missing)
        update = {"verdict": found.verdict, "reason": reason, "confidence": sure}
        return sentence.replace(**update)

    def _quoted(self, sentence: DraftSentence) -> DraftSentence | None:
        """Its source's own words; none of one that speaks to an assistant."""
        quotes = quotes_of(sentence)
        if sentence.kind != "fact" or len(quotes) != 1:
            return None
        [quote] = quotes
        words = bind.plain(quote.quote)
        if not words or addresses_assistant(quote.quote):
            return None
        documents = self._grounds.documents
        text = f"{bind.plain(documents.reading_of(quote).title)}: “{words}”"
        mark = Mark(start=0, end=len(text), evidence=(0,), refs=documents.refs(quote))
        return sentence.replace(
            text=text, kind="attributed", verdict="supported", evidence=(quote,), marks=(mark,)
        )

    async def _headed(self, made: Draft, values: Mapping[str, Any]) -> Draft:
        """The draft with its title and headings judged once more where what they rested on is no
        longer there, and written once more where that fails."""
        own = {*self._words.values(), ""}  # code's words need no judge

        def rests(text: str, under: Sequence[DraftBlock]) -> bool:
            return text in own or self._gates.heading_rests(text, under)

        unsure = [one for one in names_of(made) if not rests(one.text, one.under)]
        await self._gates.examine(unsure)
        fallen = [
            one for one in unsure if one.id and not self._gates.heading_stands(one.text, one.under)
        ]
        mended = await self._repair(values).of(fallen)
        await self._gates.examine(list(mended.values()))
        return renamed(
            named_anew(made, mended),
            lambda text, under: rests(text, under) or self._gates.heading_stands(text, under),
            self._words,
        )

    async def _by_topic(self, made: Draft, title: str) -> Draft:
        """The draft; where its title did not stand, under what that is about: the words before its
        colon, if they do."""
        topic, colon, _ = title.replace("：", ":").partition(":")
        if made.title != self._words["title"] or not (colon and topic.strip()):
            return made
        named = made.replace(title=topic.strip())
        [piece, *_] = names_of(named)
        await self._gates.examine([piece])
        return named if self._gates.heading_stands(piece.text, piece.under) else made

    def _known(self, name: str, table: DraftTable) -> bool:
        """Whether the name of a column is made of words of the question and of what its table
        cites, so that it can stand without a word of the judge."""
        cited = dict.fromkeys(e for s in reading.sentences_of(table) for e in s.evidence)
        return set(terms(name)) <= self._grounds.words(cited)


def _snapshots(
    sentences: Iterable[DraftSentence], contradictions: Iterable[Contradiction]
) -> set[str]:
    """The texts that are cited, also for a figure that a calculation starts from."""
    evidence = [e for s in sentences for e in s.evidence]
    evidence += [e for one in contradictions for side in one.sides for e in side.evidence]
    made = (one for one in evidence if isinstance(one, Calculation))
    evidence += [e for one in made for given in one.inputs for e in given.evidence]
    return {one.snapshot_id for one in evidence if isinstance(one, Quote)}


def _sentences(pieces: Iterable[Piece]) -> list[DraftSentence]:
    return [sentence for piece in pieces for sentence in piece.sentences()]
