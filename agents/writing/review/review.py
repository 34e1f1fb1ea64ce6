"""The review of a draft: every string that a model wrote passes the gates; what fails goes back to
its writer once, with what was missing and the evidence; what fails twice becomes a quote of its
source, or goes.

Nothing is laundered: a failed fact is mended, never renamed. Not here: what code checks
(`agents/judge/figures.py`), what the judge is shown (`agents/judge/judging.py`)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agents.judge.judging import Judge
from agents.judge.nearness import Nearness
from agents.models import Models
from agents.writing import reading
from agents.writing.resolving import Resolver
from agents.writing.review.assembly import Assembly, under_names, without_columns
from agents.writing.review.contradictions import Telling, besides, cited_of, real
from agents.writing.review.corroboration import corroborated
from agents.writing.review.document_status import marked
from agents.writing.review.gates import Gates
from agents.writing.review.labels import named
from agents.writing.review.pieces import (
    TITLE,
    Piece,
    columns_of,
    names_of,
    pieces_of,
)
from agents.writing.review.repair import Repair, under_new_headings
from agents.writing.review.statements import Asked
from agents.writing.words import own_words
from research.crew import Run
from research.domain import (
    Calculation,
    Contradiction,
    Draft,
    DraftSentence,
    DraftTable,
    Quote,
)


class Review:
    """The review of one draft. `values` fill the prompt that the writer saw, and sees again to
    mend."""

    def __init__(
        self, run: Run, models: Models, resolver: Resolver, values: Mapping[str, Any]
    ) -> None:
        self._grounds, self._resolver = resolver.grounds, resolver
        self._judge = Judge(run, models, self._grounds)
        self._nearness = Nearness(resolver.documents)
        self._asked = Asked(resolver, self._nearness)
        self._gates = Gates(self._asked, self._judge)
        self._repair = Repair(run, models, self._gates, resolver, values)
        self._words = own_words(run.question)
        self._repaired = 0

    async def of(self, draft: Draft) -> Draft:
        """The draft after its gates."""
        ledger, pieces = self._resolver.ledger, pieces_of(draft)
        cited = _snapshots(_sentences(pieces), draft.contradictions or ledger.contradictions)
        found = {id: one for id, one in ledger.standings.items() if id in cited}
        self._judge.standings = standings = await marked(
            found, self._judge, self._grounds.documents, self._nearness
        )
        held = await real(draft.contradictions or (), self._judge)
        held |= await real(besides(held, ledger.contradictions), self._judge)
        self._asked.contradictions = tuple(held.values())

        await self._gates.examine(pieces)
        supported_at_first = self._passed(_sentences(pieces))
        await self._gates.examine_failed_rows(pieces)
        pieces = await self._mended(pieces)

        contradictions = await self._contradictions(draft, pieces, held)
        stands = {sentence: self._gates.of(sentence).passed for sentence in _sentences(pieces)}
        labelled = await named(stands, self._judge, self._grounds)
        facts = self._supported_facts(pieces)
        saying = await corroborated(facts, ledger.by_id(), self._judge)

        drawings = {drawing.id for drawing in ledger.drawings}
        assembly = Assembly(self._gates, self._grounds, self._words, drawings, labelled, saying)
        made = await self._headed(assembly.draft(draft, pieces))
        made = await self._by_topic(made, pieces)
        unjudged = self._gates.unjudged
        limits = [f"{self._words['unjudged']}{unjudged}"] if unjudged else []
        return made.replace(
            contradictions=contradictions,
            standings=standings,
            limitations=(*made.limitations, *limits),
            complete=made.complete and not unjudged,
            supported_at_first=supported_at_first,
            repaired=self._repaired,
            dropped=draft.dropped + assembly.dropped,
            judge=self._judge.name,
        )

    def _passed(self, sentences: Iterable[DraftSentence]) -> int:
        """How many of these sentences passed the gates, of those that state something."""
        return sum(self._gates.of(s).passed for s in sentences if s.kind != "framing")

    async def _mended(self, pieces: Sequence[Piece]) -> list[Piece]:
        """The pieces, those with something that failed written once more and examined again."""
        failing = [piece for piece in pieces if any(self._gates.failures(piece))]
        mended = await self._repair.of(failing)
        before = {self._asked.key_of(s) for s in _sentences(failing)}
        await self._gates.examine(under_new_headings(failing, mended))
        written = _sentences(mended.values())
        self._repaired = self._passed(s for s in written if self._asked.key_of(s) not in before)
        return under_new_headings(pieces, mended)

    def _supported_facts(self, pieces: Sequence[Piece]) -> list[DraftSentence]:
        """The sentences of the prose that state a fact and were found supported."""
        blocks = [block for piece in pieces for block in piece.blocks]
        prose = [block for block in blocks if not isinstance(block, DraftTable)]
        facts = [s for s in reading.sentences_of(*prose) if s.kind in ("fact", "attributed")]
        return [s for s in facts if self._gates.of(s).verdict == "supported"]

    async def _contradictions(
        self, draft: Draft, pieces: Sequence[Piece], held: Mapping[Contradiction, Contradiction]
    ) -> tuple[Contradiction, ...]:
        """What sources disagree about, of what the outline chose; without an outline's choice,
        those that the report has to do with."""
        told: Sequence[Contradiction] | None = draft.contradictions
        if told is None:
            told = cited_of(pieces, self._resolver.ledger.contradictions)
        telling = Telling(self._judge, self._grounds)
        return await telling.of([held[one] for one in told if one in held])

    async def _headed(self, made: Draft) -> Draft:
        """The draft with its title and headings judged once more where what they rested on is no
        longer there, and written once more where that fails."""
        names = names_of(made)
        blocks = [block for section in made.sections for block in section.blocks]
        columns = [columns_of(block) for block in blocks if isinstance(block, DraftTable)]
        unsure = [one for one in (*names, *columns) if not self._rests(one)]
        await self._gates.examine(unsure)
        mended = await self._repair.of([one for one in unsure if one.id and not self._stands(one)])
        await self._gates.examine(list(mended.values()))
        named = [mended.get(one.id, one) for one in names]
        made = under_names(made, named, self._stands, self._words)
        return without_columns(made, self._stands)

    def _rests(self, name: Piece) -> bool:
        """Whether a title or heading needs no judge: its words are code's, or it passed over what
        is still there."""
        return name.text in ("", *self._words.values()) or self._gates.rests(name)

    def _stands(self, name: Piece) -> bool:
        return self._rests(name) or self._gates.stands(name)

    async def _by_topic(self, made: Draft, pieces: Iterable[Piece]) -> Draft:
        """The draft; where its title did not stand, under what that is about: the words before its
        colon, if they do."""
        title = next((piece.text for piece in pieces if piece.id == TITLE), "")
        topic, colon, _ = title.replace("：", ":").partition(":")
        if made.title != self._words["title"] or not (colon and topic.strip()):
            return made
        named = made.replace(title=topic.strip())
        name = names_of(named)[0]
        await self._gates.examine([name])
        return named if self._gates.stands(name) else made


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
