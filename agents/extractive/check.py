"""What a draft of the sources' own words still needs: each sentence the verdict of its claims,
nothing said twice, headings in words that the question or the section has, and how many sentences
stand in another language."""

from collections.abc import Mapping, Sequence

from agents.extractive.wording import WORDS, cleaned, is_foreign, stands_in
from agents.models import Models
from research.crew import Run
from research.domain import (
    Claim,
    Draft,
    DraftBlock,
    DraftList,
    DraftSection,
    DraftSentence,
    DraftTable,
    Ledger,
    Question,
    SentenceVerdict,
)
from research.ledger import merging as ledgers


async def check(run: Run, models: Models, draft: Draft, ledger: Ledger) -> Draft:
    """The draft with a verdict on every sentence, each told once. No model is asked."""
    return _Checked(run.question, ledger.by_id()).draft(draft)


class _Checked:
    def __init__(self, question: Question, claims: Mapping[str, Claim]) -> None:
        self._question, self._claims = question, claims
        self._told: list[str] = []

    def draft(self, draft: Draft) -> Draft:
        answer = self._sentences(draft.answer)
        sections = tuple(
            made for section in draft.sections if (made := self._section(section)).written()
        )
        checked = draft.model_copy(
            update={
                "title": self._heading(draft.title, draft.written()) or self._question.text,
                "answer": answer,
                "sections": sections,
                "limitations": tuple(dict.fromkeys(draft.limitations)),
            }
        )
        language = self._question.language
        foreign = sum(is_foreign(sentence.text, self._question) for sentence in checked.written())
        limits = (f"{WORDS[language]['foreign']}{foreign}",) if foreign else ()
        dropped = len(draft.written()) - len(checked.written())
        return checked.model_copy(
            update={"limitations": (*checked.limitations, *limits), "dropped": dropped}
        )

    def _section(self, section: DraftSection) -> DraftSection:
        heading = (
            self._heading(section.heading, section.written())
            or WORDS[self._question.language]["findings"]
        )
        sentences = self._sentences(section.sentences)
        return DraftSection(
            heading=heading,
            sentences=sentences,
            blocks=tuple(b for block in section.blocks if (b := self._block(block))),
        )

    def _heading(self, heading: str, sentences: Sequence[DraftSentence]) -> str:
        """The heading, where it is one of ours or all its words are the question's or its
        sentences'; else ''."""
        named = cleaned(heading)
        texts = (self._question.text, *(sentence.text for sentence in sentences))
        return (
            named
            if named in WORDS[self._question.language].values() or stands_in(named, texts)
            else ""
        )

    def _block(self, block: DraftBlock) -> DraftBlock | None:
        if isinstance(block, DraftList):
            items = tuple(kept for item in block.items if (kept := self._sentences(item)))
            return DraftList(items=items) if items else None
        if isinstance(block, DraftTable):
            rows = tuple(tuple(cell and self._judged(cell) for cell in row) for row in block.rows)
            return block.model_copy(update={"rows": rows})
        return block

    def _sentences(self, drafted: Sequence[DraftSentence]) -> tuple[DraftSentence, ...]:
        return tuple(self._judged(sentence) for sentence in drafted if self._is_new(sentence.text))

    def _is_new(self, text: str) -> bool:
        if any(text == other or ledgers.same_claim(text, other) for other in self._told):
            return False
        self._told.append(text)
        return True

    def _judged(self, sentence: DraftSentence) -> DraftSentence:
        return (
            sentence
            if sentence.kind == "framing"
            else sentence.model_copy(update={"verdict": self._verdict(sentence)})
        )

    def _verdict(self, sentence: DraftSentence) -> SentenceVerdict:
        """What a sentence inherits from its claims: their own words support it, but one of them may
        be contested, or hold in part."""
        verdicts = {self._claims[claim].verdict for claim in sentence.claims}
        return (
            "contested"
            if "contested" in verdicts
            else "partial"
            if "partial" in verdicts
            else "supported"
        )
