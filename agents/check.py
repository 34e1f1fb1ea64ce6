"""Whether each sentence holds, by the table of kinds: by code first, word by word; of what code lets through a model is asked.

A sentence in its claim's own words holds without asking. What fails is, in this order, narrowed to the words of its claims, turned into a
marked inference, marked unverified, or dropped; what was said before is dropped. What stands in another language is said again in the
question's, before it is judged. Not here: binding and numbering (`research/cite.py`)."""

from collections.abc import Mapping, Sequence

from agents import judging
from agents.framing import frames
from agents.grounding import traced, without_keys
from agents.judging import Judged, Statement
from agents.kinds import Known, heading_of, is_own_words, kind_of, repeats, standing, strays, texts_of
from agents.models import Models
from agents.translating import quotes_translated, translated
from agents.wording import WORDS, cleaned, is_foreign, own_words
from research.crew import Run
from research.lineage import readings_of
from research.text import terms
from research.types import Claim, Draft, DraftBlock, DraftFigure, DraftList, DraftParagraph, DraftSection, DraftSentence, DraftTable, Ledger

MOST_FRAMING = 5  # one of so many sentences may be framing
UNNAMED = "–"
JUDGED = ("fact", "attributed", "computed")


async def check(run: Run, models: Models, draft: Draft, ledger: Ledger) -> Draft:
    """The draft with a verdict on every sentence that needs one, without the sentences that hold nothing."""
    known = Known.of(run.question, ledger, await readings_of(run.store, run.job))
    flat = [s for s in _told(draft) if not _names_row(s, draft)]
    again = await translated(run, models, [s.text for s in flat if s.claims and (s.text, s.claims) not in known.inferences])
    said = {id(s): _prepared(s, again, known) for s in flat}
    verdicts = await _verdicts(run, models, said, _places(draft), known)
    repairs = await _repairs(run, models, said, verdicts, known)
    checked = _Checked(known, said, repairs)
    made = checked.draft(draft)
    dropped = len(flat) - len([s for s in _told(made) if not _names_row(s, made)])
    made = made.model_copy(update={"dropped": max(dropped, checked.dropped)})
    quotes = [q.quote for s in made.written() for claim in known.of_sentence(s) for q in claim.evidence]
    quotes += [q.quote for c in ledger.contradictions for side in c.sides for q in side.evidence]
    made = made.model_copy(update={"translations": await quotes_translated(run, models, quotes)})
    return _with_language_told(made, known)


def _told(draft: Draft) -> list[DraftSentence]:
    return draft.written()


def _names_row(sentence: DraftSentence, draft: Draft) -> bool:
    return any(row[0] is sentence for table in _tables(draft) for row in table.rows)


def _tables(draft: Draft) -> list[DraftTable]:
    return [block for section in draft.sections for block in section.blocks if isinstance(block, DraftTable)]


def _places(draft: Draft) -> Mapping[int, str]:
    """What a cell says in its place, by the cell's id: its row, its column, itself."""
    return {
        id(cell): f"{row[0].text} – {head}: {cell.text}"
        for table in _tables(draft)
        for row in table.rows
        if row[0] is not None
        for head, cell in zip(table.header[1:], row[1:], strict=False)
        if cell is not None
    }


def _prepared(sentence: DraftSentence, again: Mapping[str, str], known: Known) -> DraftSentence:
    """The sentence in the question's language, with only claims that exist, of the kind that code gives it."""
    claims = tuple(claim_id for claim_id in dict.fromkeys(sentence.claims) if claim_id in known.claims)
    text = sentence.text if (sentence.text, claims) in known.inferences else cleaned(again.get(sentence.text, sentence.text))
    prepared = sentence.model_copy(update={"text": text, "claims": claims})
    kind = kind_of(prepared, known)
    if kind == "absence":
        prepared = prepared.model_copy(update={"text": _gap(text, known)})
    reasons = {} if kind == "inference" else {"warrant": "", "confidence": None, "overturned_by": ""}
    return prepared.model_copy(update={"kind": kind, **reasons})


def _gap(text: str, known: Known) -> str:
    """What tells of a gap; a gap is named in a model's words, so one that says more than the question asks is named by it."""
    mark, asked = WORDS[known.question.language]["gap"], known.question.text
    if not text.startswith(mark):
        return text
    gap = text.removeprefix(mark)
    return mark + (without_keys(gap, asked) if traced(gap, [asked]) else WORDS[known.question.language]["part"].format(text=asked))


async def _verdicts(
    run: Run, models: Models, said: Mapping[int, DraftSentence], places: Mapping[int, str], known: Known
) -> dict[int, Judged]:
    """The verdict on every sentence that is not its claim's own words. What strays is not asked about; of an inference it is asked
    whether it follows, but not where the model in this process does all of it, which is no judge; of a synthesis nothing: its members were
    judged when it was made."""
    verdicts: dict[int, Judged] = {}
    doubtful: dict[int, DraftSentence] = {}
    drawn: dict[int, DraftSentence] = {}
    for key, sentence in said.items():
        if is_own_words(sentence, known) or sentence.kind in ("synthesis", "absence"):
            verdicts[key] = "supported"
        elif sentence.kind == "inference" and not strays(sentence, known) and _unjudged(models):
            verdicts[key] = "partial"
        elif sentence.kind in (*JUDGED, "inference"):
            verdicts[key] = "unsupported"
            if not strays(sentence, known, places.get(key, "")):
                (drawn if sentence.kind == "inference" else doubtful)[key] = sentence
    shown = await judging.shown_quotes(run, models, list(known.claims.values())) if doubtful else {}
    statements = [Statement(places.get(key, s.text), tuple(q for c in s.claims for q in shown[c])) for key, s in doubtful.items()]
    verdicts |= dict(zip(doubtful, await judging.supported(run, models, statements), strict=True))
    verdicts |= dict(zip(drawn, await judging.follows(run, models, [_conclusion(s, known) for s in drawn.values()]), strict=True))
    return verdicts


def _unjudged(models: Models) -> bool:
    return models.role("verify").embedded and models.role("writer").embedded


def _conclusion(sentence: DraftSentence, known: Known) -> Statement:
    return Statement(sentence.text, tuple(claim.text for claim in known.of_sentence(sentence)))


async def _repairs(
    run: Run, models: Models, said: Mapping[int, DraftSentence], verdicts: Mapping[int, Judged], known: Known
) -> dict[int, list[DraftSentence]]:
    """What each sentence becomes: itself with its verdict, or what repair leaves of it."""
    repaired: dict[int, list[DraftSentence]] = {}
    left: dict[int, DraftSentence] = {}
    for key, sentence in said.items():
        verdict = verdicts.get(key)
        if verdict is None:
            repaired[key] = [sentence]
        elif verdict != "unsupported":
            held = standing(known.of_sentence(sentence))
            repaired[key] = [sentence.model_copy(update={"verdict": "partial" if verdict == "partial" else held})]
        elif sentence.kind == "inference":
            repaired[key] = []
        elif narrowed := _narrowed(sentence, known):
            repaired[key] = narrowed
        elif strays(sentence, known):
            repaired[key] = []
        else:
            left[key] = sentence
    concluded = {key: s for key, s in left.items() if len(s.claims) > 1}
    follow = await judging.follows(run, models, [_conclusion(s, known) for s in concluded.values()])
    drawn = {key for key, verdict in zip(concluded, follow, strict=True) if verdict != "unsupported"}
    return repaired | {key: [_inferred(s, known) if key in drawn else _unverified(s)] for key, s in left.items()}


def _narrowed(sentence: DraftSentence, known: Known) -> list[DraftSentence]:
    """The own words of its claims, those that stand in the question's language."""
    fitting = [claim for claim in known.of_sentence(sentence) if not is_foreign(claim.text, known.question.language)]
    return [
        own_words(claim).model_copy(update={"verdict": standing([claim]), "reason": "narrowed", "kind": kind_of(own_words(claim), known)})
        for claim in fitting
    ]


def _inferred(sentence: DraftSentence, known: Known) -> DraftSentence:
    text = f"{WORDS[known.question.language]['infer']}{sentence.text}"
    return sentence.model_copy(update={"text": text, "kind": "inference", "confidence": "low", "verdict": "partial"})


def _unverified(sentence: DraftSentence) -> DraftSentence:
    return sentence.model_copy(update={"verdict": "unverified", "reason": "no quote supports it"})


class _Checked:
    """Puts a draft together again from what its sentences became. What was said once is not said again; cells and captions may."""

    def __init__(self, known: Known, said: Mapping[int, DraftSentence], repairs: Mapping[int, list[DraftSentence]]) -> None:
        self.dropped = 0
        self._known, self._said, self._repairs = known, said, repairs
        self._seen: list[str] = []
        self._framing = 0
        self._may_frame = max(1, sum(1 for s in said.values() if s.claims) // (MOST_FRAMING - 1))

    def draft(self, draft: Draft) -> Draft:
        answer = self._sentences(draft.answer)
        sections = tuple(made for section in draft.sections if (made := self._section(section)).written())
        language = self._known.question.language
        title = heading_of(cleaned(draft.title), (), self._known, self._claims_of(draft.written()))
        fit = title != WORDS[language]["findings"] and not is_foreign(title, language)
        return draft.model_copy(
            update={
                "title": title if fit else self._known.question.text,
                "answer": answer,
                "sections": sections,
                "limitations": tuple(dict.fromkeys(_gap(text, self._known) for text in draft.limitations)),
            }
        )

    def _section(self, section: DraftSection) -> DraftSection:
        heading = heading_of(cleaned(section.heading), self._claims_of(section.written()), self._known)
        if is_foreign(heading, self._known.question.language):
            heading = WORDS[self._known.question.language]["findings"]
        sentences = self._sentences(section.sentences)
        blocks = tuple(made for block in section.blocks if (made := self._block(block)) is not None)
        return DraftSection(heading=heading, sentences=sentences, blocks=blocks)

    def _block(self, block: DraftBlock) -> DraftBlock | None:
        if isinstance(block, DraftParagraph):
            kept = self._sentences(block.sentences)
            return DraftParagraph(sentences=kept) if kept else None
        if isinstance(block, DraftList):
            items = tuple(kept for item in block.items if (kept := self._sentences(item)))
            return DraftList(items=items) if items else None
        if isinstance(block, DraftFigure):
            caption = tuple(s for old in block.caption for s in self._repairs[id(old)] if s.kind == "computed")
            return block.model_copy(update={"caption": caption}) if caption else None
        return self._table(block)

    def _table(self, table: DraftTable) -> DraftTable | None:
        """The table with the cells that hold in their places, and the columns that may be named; None when fewer than two rows or no column
        of two cells are left."""
        rows = [(row[0], *(self._cell(cell) for cell in row[1:])) for row in table.rows if row[0] is not None]
        columns = [list(column) for column in zip(*rows, strict=True)]
        heads = [table.header[0], *map(self._head, table.header[1:], columns[1:])]
        named = [n for n, head in enumerate(heads) if head is not None]
        full = [row for row in (tuple(row[n] for n in named) for row in rows) if any(row[1:])]
        if len(full) < 2 or not any(sum(cell is not None for cell in column) > 1 for column in list(zip(*full, strict=True))[1:]):
            return None
        return DraftTable(header=tuple(head for head in heads if head is not None), rows=tuple(full)) if self._names_hold(full) else None

    def _head(self, head: str, cells: Sequence[DraftSentence | None]) -> str | None:
        """The name of a column. One that is no topic is left out with its cells, which were judged under it; sentences that hold by
        themselves need none."""
        name, held = cleaned(head), [cell for cell in cells if cell is not None]
        if not terms(name) or heading_of(name, self._claims_of(held), self._known) == name:
            return name
        return UNNAMED if held and all(is_own_words(cell, self._known) for cell in held) else None

    def _cell(self, cell: DraftSentence | None) -> DraftSentence | None:
        """A cell that was judged as it is; a repaired one says something else than its place, and an unverified one has no place."""
        if cell is None:
            return None
        kept = [s for s in self._repairs[id(cell)] if s.text == self._said[id(cell)].text and s.verdict not in (None, "unverified")]
        return kept[0] if kept and kept[0].claims else None

    def _names_hold(self, rows: Sequence[Sequence[DraftSentence | None]]) -> bool:
        """The name of a row is what the question or its cells' claims call it."""
        names = [(row[0].text, self._claims_of([cell for cell in row[1:] if cell])) for row in rows if row[0]]
        return all(traced(name, [self._known.question.text, *texts_of(claims)]) for name, claims in names)

    def _claims_of(self, sentences: Sequence[DraftSentence]) -> list[Claim]:
        return [claim for sentence in sentences for claim in self._known.of_sentence(sentence)]

    def _sentences(self, drafted: Sequence[DraftSentence]) -> tuple[DraftSentence, ...]:
        kept: list[DraftSentence] = []
        for old in drafted:
            made = [s for s in self._repairs[id(old)] if self._stays(s)]
            self.dropped += not made
            kept += made
        return tuple(kept) if any(s.kind != "framing" for s in kept) else ()

    def _stays(self, sentence: DraftSentence) -> bool:
        if not sentence.text or repeats(sentence.text, self._seen):
            return False
        if sentence.kind == "framing":
            fits = frames(sentence.text, self._known.question.text) and not is_foreign(sentence.text, self._known.question.language)
            if not fits or self._framing >= self._may_frame:
                return False
            self._framing += 1
        self._seen.append(sentence.text)
        return True


def _with_language_told(draft: Draft, known: Known) -> Draft:
    """The draft, with a limit that tells how many of its sentences are not in the question's language."""
    language = known.question.language
    foreign = sum(is_foreign(s.text, language) for s in draft.written())
    told = (f"{WORDS[language]['foreign']}{foreign}",) if foreign else ()
    return draft.model_copy(update={"limitations": (*draft.limitations, *told)})
