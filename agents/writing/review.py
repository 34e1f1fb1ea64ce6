"""The gates of a draft: every string that a model wrote is checked by code and judged; what fails goes back to
its writer once, with what was missing and the evidence; what fails twice becomes a quote, or goes.

Nothing is laundered: a failed fact is mended, never renamed. Not here: what code checks
(`agents/judge/figures.py`), what the judge is shown (`agents/judge/judging.py`)."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.asking import ask
from agents.fence import addresses_assistant
from agents.judge.figures import Grounds, leaks, misses, words_of
from agents.judge.judging import Judge, Statement, Verdict
from agents.judge.nearness import Nearness
from agents.models import Models
from agents.writing import reading
from agents.writing.corroborating import corroborated
from agents.writing.disputes import real, sides_dated
from agents.writing.mending import Mended
from agents.writing.naming import named
from agents.writing.resolving import Resolver
from agents.writing.standings import marked
from agents.writing.words import WORDS
from research import cite
from research.crew import Run
from research.errors import BudgetExhausted
from research.text import estimate_tokens
from research.types import (
    Calculation,
    Contradiction,
    Draft,
    DraftBlock,
    DraftFigure,
    DraftList,
    DraftParagraph,
    DraftSection,
    DraftSentence,
    DraftTable,
    Evidence,
    Mark,
    Quote,
    SearchLog,
    SentenceVerdict,
)

OVERSTATED = "plausible only: word it as uncertain and mark it low, or narrow it"
OF_A_HEADING = 5  # pieces of evidence that a heading is judged by, at most
REPAIRED_AT_ONCE = 16  # blocks that go back to the writer in one call
TITLE, ANSWER = "title", "answer"


@dataclass(frozen=True)
class Piece:
    """A part of a draft that is checked and mended as one: its title, its short answer, a heading, a block.
    A block stands under a `heading`; a title or heading is a `text` over what is `under` it."""

    id: str
    blocks: tuple[DraftBlock, ...] = ()
    heading: str = ""
    text: str = ""
    under: tuple[DraftBlock, ...] = ()

    def sentences(self) -> list[DraftSentence]:
        return [s for block in self.blocks for s in reading.sentences_of(block)]


@dataclass(frozen=True)
class Finding:
    """What the gates say of one string: `verdict` None is a failure without a word of the judge."""

    verdict: SentenceVerdict | None
    missing: tuple[str, ...] = ()
    hedged: bool = False

    @property
    def passed(self) -> bool:
        """Whether it may stand as it is; a plausible inference may if it says itself that it is uncertain."""
        return self.verdict == "supported" or (self.verdict == "partial" and self.hedged)


@dataclass(frozen=True)
class _Asking:
    """A statement that is to be judged, and the strings that it stands for by their keys. `wrong` is what code
    found: with its marks, and with its figures (not those of a condition that would overturn it)."""

    keys: tuple[str, ...]
    statement: Statement
    wrong: tuple[str, ...] = ()


class Review:
    """The review of one draft."""

    def __init__(self, run: Run, models: Models, judge: Judge, grounds: Grounds, resolver: Resolver) -> None:
        self._run, self._models, self._judge = run, models, judge
        self._grounds, self._resolver = grounds, resolver
        self._against = Opposed(())
        self._called: dict[Calculation, Calculation] = {}
        self._saying: dict[DraftSentence, int] = {}
        self._nearness = Nearness(grounds.documents)
        self._cell_by_cell = False  # what failed as a row is judged by its cells
        self._as_rows: set[str] = set()  # cells that failed because their row did
        self._wrong: dict[str, tuple[str, ...]] = {}
        self._near: dict[str, tuple[Quote, ...]] = {}
        self._found: dict[str, Finding] = {}
        self._keys: dict[int, tuple[str, DraftSentence]] = {}  # holds the sentences, so that ids stay theirs
        self._first = self._mended = self._unjudged = 0

    async def of(self, draft: Draft, values: Mapping[str, Any]) -> Draft:
        """The draft after its gates. `values` fill the prompt that the writer saw, and sees again to mend."""
        self._judge.standings = standings = await marked(
            self._resolver.ledger.standings, self._judge, self._grounds.documents, self._nearness
        )
        found = self._resolver.ledger.contradictions
        held = await real([*found, *(draft.contradictions or ())], self._judge)
        self._against = Opposed([held[one] for one in found if one in held])
        pieces = _pieces(draft)
        await self._examine(pieces)
        sentences = [s for piece in pieces for s in piece.sentences()]
        self._first = sum(self._of(s).passed for s in sentences if s.kind != "framing")
        pieces = await self._repaired(pieces, values)
        disputes = await self._contradictions(draft, pieces, held)
        written = [s for piece in pieces for s in piece.sentences()]
        calculations = (one for s in written for one in s.evidence if isinstance(one, Calculation))
        self._called = await named(calculations, self._judge, self._grounds)
        facts = [s for s in written if s.kind in ("fact", "attributed") and self._of(s).verdict == "supported"]
        self._saying = await corroborated(facts, self._resolver.ledger.by_id(), self._judge)
        drawings = {drawing.id for drawing in self._resolver.ledger.drawings}
        checked = _Assembled(self._final, self._stands, WORDS[self._run.question.language], drawings)
        made = await self._headed(checked.draft(draft, pieces))
        limits = [f"{WORDS[self._run.question.language]['unjudged']}{self._unjudged}"] if self._unjudged else []
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
        asked = await asyncio.to_thread(self._by_code, pieces)  # figures of hundreds of sentences take a while
        verdicts = await self._judge.verdicts(list(asked.values()))
        for (keys, statement), verdict in zip(asked.items(), verdicts, strict=True):
            found = _finding(statement, verdict)
            self._found |= dict.fromkeys(keys, found)
            self._as_rows |= set(keys) if len(keys) > 1 and not found.passed else set()
            self._unjudged += len(keys) if verdict is None else 0

    def _by_code(self, pieces: Sequence[Piece]) -> dict[tuple[str, ...], Statement]:
        """The first gate; what passes it is for the judge."""
        asked: dict[tuple[str, ...], Statement] = {}
        for piece in pieces:
            for asking in self._asked(piece):
                keys = tuple(key for key in asking.keys if key not in self._found)
                if not keys or keys in asked:
                    continue
                if asking.wrong:
                    self._found |= dict.fromkeys(keys, Finding(None, asking.wrong))
                else:
                    asked[keys] = asking.statement
        return asked

    def _asked(self, piece: Piece) -> Iterable[_Asking]:
        """What is to be judged of a piece, in reading order."""
        if piece.text:
            evidence = _under(piece.under)
            wrong = misses(piece.text, evidence, self._grounds)
            yield _Asking((_key_of(piece.text, piece.under),), Statement(piece.text, "heading", evidence=evidence), wrong)
            return
        before = ""
        for block in piece.blocks:
            if isinstance(block, DraftTable):
                yield from self._table(block, piece.heading)
                continue
            for sentence in reading.sentences_of(block):
                yield self._sentence(sentence, piece.heading, before)
                before = sentence.text

    def _sentence(self, sentence: DraftSentence, place: str, before: str = "") -> _Asking:
        """A sentence as it is to be judged. `place` is what it stands under: the same words elsewhere are
        judged again."""
        key = _key(words_of(sentence), sentence.kind, place, sentence.evidence)
        self._keys[id(sentence)] = key, sentence
        told = Statement(
            text=words_of(sentence),
            kind=sentence.kind,
            context=" · ".join(filter(None, (place, before))),
            evidence=(self._resolver.log,) if sentence.kind == "method" else sentence.evidence,
            against=self._against.of(sentence) + self._nearest(sentence, place),
            confidence=sentence.confidence or "",
        )
        if key not in self._wrong:
            figures = misses(sentence.text, sentence.evidence, self._grounds)
            leaking = leaks(sentence.overturned_by, sentence.evidence, self._grounds)
            self._wrong[key] = (*self._resolver.problems(sentence), *figures, *leaking)
        return _Asking((key,), told, self._wrong[key])

    def _nearest(self, sentence: DraftSentence, place: str) -> tuple[Quote, ...]:
        """For what is said to stand nowhere, the sentences that were read which come nearest to it."""
        log = next((one for one in sentence.evidence if isinstance(one, SearchLog)), None)
        if sentence.kind != "absence" or log is None:
            return ()
        text = f"{place} {sentence.text}"
        if text not in self._near:
            self._near[text] = self._nearness.nearest(text, log.readings)
        return self._near[text]

    def _table(self, table: DraftTable, heading: str) -> Iterable[_Asking]:
        """The cells of each row under the names of row and columns, those that rest on the same evidence
        together; and the names of the columns."""
        names = _columns(table)
        if names:
            about = f"columns of a table under: {heading}"
            evidence = _under((table,))
            told = Statement(names, "heading", about, evidence)
            yield _Asking((_key_of(names, (table,)),), told, misses(names, evidence, self._grounds))
        if not self._cell_by_cell:
            yield from self._row_names(table, heading)
        for row in table.rows:
            yield from self._row(table, row, heading)

    def _row_names(self, table: DraftTable, heading: str) -> Iterable[_Asking]:
        """What the rows are called, together."""
        named = [row[0] for row in table.rows if row and row[0] and not row[0].evidence]
        asked = [self._sentence(cell, f"{heading} · row: {cell.text} · column: {table.header[0]}") for cell in named]
        if asked:
            cited = tuple(dict.fromkeys(e for row in table.rows for cell in row if cell for e in cell.evidence))
            texts = " | ".join(cell.text for cell in named)
            told = Statement(texts, "heading", f"rows of a table under: {heading}", cited[:OF_A_HEADING])
            yield _Asking(tuple(key for one in asked for key in one.keys), told, misses(texts, cited, self._grounds))

    def _row(self, table: DraftTable, row: Sequence[DraftSentence | None], heading: str) -> Iterable[_Asking]:
        name = row[0].text if row and row[0] else ""
        together: list[_Asking] = []
        for head, cell in zip(table.header, row, strict=False):
            if cell is None:
                continue
            asking = self._sentence(cell, f"{heading} · row: {name} · column: {head}")
            if cell is row[0] and not cell.evidence:  # the name of a row is told with what stands beside it
                beside = tuple(dict.fromkeys(e for other in row[1:] if other for e in other.evidence))
                wrong = misses(cell.text, beside, self._grounds)
                yield replace(asking, statement=replace(asking.statement, kind="heading", evidence=beside[:6]), wrong=wrong)
            elif cell.kind in ("fact", "computed") and not asking.wrong and not self._cell_by_cell:
                about = replace(asking.statement, text=f"{head}: {cell.text}", context=f"{heading} · row: {name}")
                together.append(replace(asking, statement=about))
            else:
                yield asking
        if together:
            yield _row_of(together)

    def _of(self, sentence: DraftSentence) -> Finding:
        key, _ = self._keys.get(id(sentence), ("", sentence))
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
        self._cell_by_cell = True
        stood = {self._keys[id(s)][0] for piece in failing for s in piece.sentences()}
        for key in self._as_rows:
            del self._found[key]
        await self._examine([made.get(piece.id, piece) for piece in failing])
        mended = (s for piece in made.values() for s in piece.sentences() if self._keys[id(s)][0] not in stood)
        self._mended = sum(self._of(s).passed for s in mended if s.kind != "framing")
        return [made.get(piece.id, piece) for piece in pieces]

    def _fails(self, piece: Piece) -> bool:
        return any(not self._found[key].passed for one in self._asked(piece) for key in one.keys if key in self._found)

    async def _ask(self, batch: Sequence[Piece], values: Mapping[str, Any]) -> Mended | None:
        return await ask(
            self._run,
            self._models,
            "writer",
            "repair",
            Mended,
            schema=_schema([piece.id for piece in batch]),
            max_tokens=min(16_000, 2_000 + 2 * sum(estimate_tokens(self._told(piece)) for piece in batch)),
            **values,
            blocks="\n\n".join(self._told(piece) for piece in batch),
        )

    def _told(self, piece: Piece) -> str:
        """A piece as it was written, and what is wrong with it."""
        shown = piece.text or "\n\n".join(reading.shown(block) for block in piece.blocks)
        lines = [f"### {piece.id}{f' (under “{piece.heading}”)' if piece.heading else ''}", shown, "Not accepted:"]
        for asking in self._asked(piece):
            found = self._found.get(asking.keys[0])
            if found and not found.passed:
                why = "; ".join(found.missing) or "not supported by what it rests on"
                lines.append(f"- “{asking.statement.text}” ({found.verdict or 'unsupported'}): {why}")
        return "\n".join(lines)

    def _read(self, piece: Piece, markdown: str) -> Piece:
        blocks, heading = reading.read_blocks(markdown, self._resolver)
        if piece.text:
            words = heading or " ".join(s.text for block in blocks for s in reading.sentences_of(block))
            return replace(piece, text=words.strip() or piece.text)
        return replace(piece, blocks=tuple(blocks))

    # What is left

    def _final(self, sentence: DraftSentence) -> DraftSentence | None:
        """The sentence as it is told, with its calculations under names that may be told."""
        made = self._judged(sentence)
        if made is None:
            return None
        evidence = tuple(self._called.get(one, one) if isinstance(one, Calculation) else one for one in made.evidence)
        return made.model_copy(update={"evidence": evidence, "independent": self._saying.get(sentence)})

    def _judged(self, sentence: DraftSentence) -> DraftSentence | None:
        """The sentence with its verdict; what failed twice is its own source's words, or goes."""
        found = self._of(sentence)
        if found.passed and sentence.kind == "framing":
            return sentence
        if found.verdict == "supported":
            return sentence.model_copy(update={"verdict": "supported"})
        if found.verdict is not None and sentence.evidence:
            return sentence.model_copy(update={"verdict": found.verdict, "reason": "; ".join(found.missing)})
        return self._quoted(sentence)

    def _quoted(self, sentence: DraftSentence) -> DraftSentence | None:
        """Its source's own words; none of one that speaks to an assistant."""
        quotes = [one for one in sentence.evidence if isinstance(one, Quote)]
        if sentence.kind != "fact" or len(quotes) != 1 or addresses_assistant(quotes[0].quote) or not cite.plain(quotes[0].quote):
            return None
        source = self._grounds.documents.reading_of(quotes[0])
        text = f"{cite.plain(source.title)}: “{cite.plain(quotes[0].quote)}”"
        mark = Mark(start=0, end=len(text), evidence=(0,), refs=self._grounds.documents.refs(quotes[0]))
        quoted = {"text": text, "kind": "attributed", "verdict": "supported", "evidence": (quotes[0],), "marks": (mark,)}
        return sentence.model_copy(update=quoted)

    async def _headed(self, made: Draft) -> Draft:
        """The draft with its title and headings judged once more where what they rested on is no longer there."""
        words = WORDS[self._run.question.language]
        every = tuple(block for section in made.sections for block in section.blocks)
        title = (made.title, every)
        headings = [(section.heading, section.blocks) for section in made.sections]
        tables = [(_columns(block), (block,)) for block in every if isinstance(block, DraftTable)]
        own = {*words.values(), ""}  # code's words need no judge
        await self._examine([Piece("", text=text, under=under) for text, under in (title, *headings, *tables) if text not in own])

        def named(text: str, under: Sequence[DraftBlock], else_: str) -> str:
            return text if text in own or self._stands(text, under) else else_

        def block_of(block: DraftBlock) -> DraftBlock:
            if not isinstance(block, DraftTable) or named(_columns(block), (block,), ""):
                return block
            return block.model_copy(update={"header": ("",) * len(block.header)})

        sections = tuple(
            section.model_copy(
                update={
                    "heading": named(section.heading, section.blocks, words["findings"]),
                    "blocks": tuple(block_of(block) for block in section.blocks),
                }
            )
            for section in made.sections
        )
        return made.model_copy(update={"title": named(*title, words["report"]), "sections": sections})

    def _stands(self, text: str, under: Sequence[DraftBlock]) -> bool:
        return self._found.get(_key_of(text, under), Finding(None)).passed

    async def _contradictions(
        self, draft: Draft, pieces: Sequence[Piece], held: Mapping[Contradiction, Contradiction]
    ) -> tuple[Contradiction, ...]:
        """What sources disagree about: its topic, note and sides judged as well. A side that fails is told in
        its source's words, a note that fails is left out, and so is a topic that has no better name. Without
        an outline's choice, those that the report has to do with."""
        told = draft.contradictions
        if told is None:
            cited = {quote for piece in pieces for s in piece.sentences() for quote in _quotes(s)}
            found = self._resolver.ledger.contradictions
            told = tuple(one for one in found if any(cited & set(side.evidence) for side in one.sides))
        told = tuple(held[one] for one in told if one in held)
        asked: dict[str, Statement] = {}
        for one in told:
            every = tuple(q for side in one.sides for q in side.evidence)
            asked[_key(one.topic, "heading", evidence=every)] = Statement(one.topic, "heading", evidence=every)
            if one.note:
                asked[_key(one.note, "fact", evidence=every)] = Statement(one.note, "fact", one.topic, every)
            for side in one.sides:
                asked[_key(side.text, "fact", evidence=side.evidence)] = Statement(side.text, "fact", one.topic, side.evidence)
        fresh = {key: s for key, s in asked.items() if key not in self._found}
        checked = {key: misses(s.text, s.evidence, self._grounds) for key, s in fresh.items()}
        judged = [key for key in fresh if not checked[key]]
        verdicts = await self._judge.verdicts([fresh[key] for key in judged])
        self._found |= {key: Finding(None, missing) for key, missing in checked.items() if missing}
        self._found |= {key: _finding(fresh[key], one) for key, one in zip(judged, verdicts, strict=True)}
        return tuple(self._told_contradiction(one) for one in told)

    def _told_contradiction(self, one: Contradiction) -> Contradiction:
        every = tuple(q for side in one.sides for q in side.evidence)
        sides = tuple(
            side
            if self._found[_key(side.text, "fact", evidence=side.evidence)].passed
            else side.model_copy(update={"text": " … ".join(_on_one_line(q.quote) for q in side.evidence)})
            for side in one.sides
        )
        note = one.note if one.note and self._found[_key(one.note, "fact", evidence=every)].passed else ""
        topic = one.topic if self._found[_key(one.topic, "heading", evidence=every)].passed else sides[0].text
        return one.model_copy(update={"topic": topic, "note": note, "sides": sides_dated(sides, self._grounds)})


def _row_of(cells: Sequence[_Asking]) -> _Asking:
    """The cells of a row as one statement."""
    told = replace(
        cells[0].statement,
        text="; ".join(one.statement.text for one in cells),
        kind="cell",
        evidence=tuple(dict.fromkeys(e for one in cells for e in one.statement.evidence)),
        against=tuple(dict.fromkeys(q for one in cells for q in one.statement.against)),
    )
    return _Asking(tuple(key for one in cells for key in one.keys), told)


def _finding(statement: Statement, verdict: Verdict | None) -> Finding:
    if verdict is None or verdict.word == "unsupported" or verdict.word == "refuted":
        return Finding(None, _missing(verdict))
    if verdict.word == "disputed":
        return Finding("contested", _missing(verdict))
    if verdict.word == "partial" and statement.kind == "inference":
        return Finding("partial", (*_missing(verdict), OVERSTATED), hedged=statement.confidence == "low")
    return Finding(verdict.word, _missing(verdict))


def _missing(verdict: Verdict | None) -> tuple[str, ...]:
    return (verdict.missing,) if verdict and verdict.missing else ()


def _key(text: str, kind: str, place: str = "", evidence: Sequence[Evidence] = ()) -> str:
    return "\n".join([kind, place, text, *(one.model_dump_json() for one in evidence)])


def _under(blocks: Sequence[DraftBlock]) -> tuple[Evidence, ...]:
    """What a heading is judged by: the first of what stands under it rests on."""
    sentences = (s for block in blocks for s in reading.sentences_of(block))
    return tuple(dict.fromkeys(e for s in sentences for e in s.evidence))[:OF_A_HEADING]


def _key_of(heading: str, under: Sequence[DraftBlock]) -> str:
    """The key of a heading: over other evidence the same words are judged again."""
    return _key(heading, "heading", evidence=_under(under))


def _columns(table: DraftTable) -> str:
    return " | ".join(filter(None, table.header))


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


class Opposed:
    """Which quotes speak against a sentence: the other sides of what its claims or quotes are a side of."""

    def __init__(self, told: Sequence[Contradiction]) -> None:
        self._told = told

    def of(self, sentence: DraftSentence) -> tuple[Quote, ...]:
        return tuple(dict.fromkeys(self._others(sentence, self._told)))

    @staticmethod
    def _others(sentence: DraftSentence, told: Iterable[Contradiction]) -> Iterable[Quote]:
        own = set(_quotes(sentence))
        for one in told:
            held = [bool(own & set(side.evidence)) for side in one.sides]
            stands = one.kind == "superseded" and held[-1]  # the value that replaced the others
            if any(held) and not all(held) and not stands:
                yield from (q for side, mine in zip(one.sides, held, strict=True) if not mine for q in side.evidence)


def _quotes(sentence: DraftSentence) -> list[Quote]:
    return [one for one in sentence.evidence if isinstance(one, Quote)]


def _pieces(draft: Draft) -> list[Piece]:
    """The parts of a draft; a heading is judged by what stands under it."""
    answer = (DraftParagraph(sentences=draft.answer),) if draft.answer else ()
    every = tuple(block for section in draft.sections for block in section.blocks)
    pieces = [Piece(TITLE, text=draft.title, under=every)] if draft.title else []
    pieces += [Piece(ANSWER, answer)] if answer else []
    for n, section in enumerate(draft.sections, 1):
        if section.heading:
            pieces.append(Piece(f"h{n}", text=section.heading, under=section.blocks))
        for m, block in enumerate(section.blocks, 1):
            pieces.append(Piece(f"p{n}.{m}", (block,), heading=section.heading))
    return pieces


def _schema(ids: Sequence[str]) -> dict[str, Any]:
    one = {
        "type": "object",
        "properties": {"id": {"enum": list(ids)}, "markdown": {"type": "string"}},
        "required": ["id", "markdown"],
        "additionalProperties": False,
    }
    blocks = {"type": "array", "items": one, "maxItems": len(ids)}
    return {"type": "object", "properties": {"blocks": blocks}, "required": ["blocks"], "additionalProperties": False}


class _Assembled:
    """Puts a draft together from its pieces. `final` gives what becomes of a sentence, None for nothing."""

    def __init__(
        self,
        final: Callable[[DraftSentence], DraftSentence | None],
        stands: Callable[[str, Sequence[DraftBlock]], bool],
        words: Mapping[str, str],
        drawings: Collection[str] = (),
    ) -> None:
        self._final, self._stands, self._words, self._drawings = final, stands, words, drawings
        self.dropped = 0

    def draft(self, draft: Draft, pieces: Sequence[Piece]) -> Draft:
        by_id = {piece.id: piece for piece in pieces}
        answer = self._kept(by_id[ANSWER].sentences()) if ANSWER in by_id else ()
        sections = [self._section(n, section, by_id) for n, section in enumerate(draft.sections, 1)]
        title = by_id.get(TITLE, Piece(TITLE))
        return draft.model_copy(
            update={
                "title": title.text if self._stands(title.text, title.under) else self._words["report"],
                "answer": tuple(answer),
                "sections": tuple(sections),
            }
        )

    def _section(self, n: int, section: DraftSection, by_id: Mapping[str, Piece]) -> DraftSection:
        heading = by_id.get(f"h{n}", Piece("", text=section.heading))
        blocks = [block for m in range(1, len(section.blocks) + 1) for block in by_id[f"p{n}.{m}"].blocks]
        kept = tuple(made for block in blocks if (made := self._block(block)) is not None)
        named = heading.text if not heading.text or self._stands(heading.text, heading.under) else self._words["findings"]
        return section.model_copy(update={"heading": named, "blocks": kept})

    def _block(self, block: DraftBlock) -> DraftBlock | None:
        match block:
            case DraftParagraph():
                kept = self._kept(block.sentences)
                return DraftParagraph(sentences=kept) if any(s.kind != "framing" for s in kept) else None
            case DraftList():
                items = tuple(kept for item in block.items if (kept := self._kept(item)))
                return block.model_copy(update={"items": items}) if items else None
            case DraftFigure():
                if block.id not in self._drawings:
                    return None
                return block.model_copy(update={"caption": self._kept(block.caption)})
            case DraftTable():
                return self._table(block)

    def _table(self, table: DraftTable) -> DraftTable | None:
        """The table with the cells that hold; without what is not named and without rows that say nothing."""
        width = len(table.header)
        header = tuple(table.header) if self._stands(_columns(table), (table,)) else ("",) * width
        rows = [tuple(self._cell(cell) for cell in [*row, *[None] * width][:width]) for row in table.rows]
        full = tuple(row for row in rows if row[0] is not None and any(cell is not None for cell in row[1:]))
        return DraftTable(header=header, rows=full) if full and width > 1 else None

    def _cell(self, cell: DraftSentence | None) -> DraftSentence | None:
        if cell is None:
            return None
        made = self._final(cell)
        if made is None or made.text != cell.text:
            self.dropped += 1
            return None
        return made

    def _kept(self, sentences: Iterable[DraftSentence]) -> tuple[DraftSentence, ...]:
        kept = []
        for sentence in sentences:
            made = self._final(sentence)
            self.dropped += made is None
            kept += [made] if made is not None else []
        return tuple(kept)
