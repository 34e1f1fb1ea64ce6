"""Whether each sentence holds: figures and names by code, the rest by a model that is shown the quotes. What fails is narrowed or dropped.

A sentence in its quote's own words holds without asking. One that fails is narrowed to the words of its claims; a framing sentence that
states something is dropped. Not here: binding and numbering (`research/cite.py`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from agents.asking import ask
from agents.grounding import foreign, foreign_label, without_keys
from agents.models import Models
from agents.writer import WORDS
from research.crew import Run
from research.errors import BudgetExhausted
from research.figures import names, unsupported_figures
from research.text import terms
from research.types import Claim, Draft, DraftSection, DraftSentence, Ledger, Question, SentenceVerdict

BATCH = 12


class Verdicts(BaseModel):
    """`S1`: supported, partial or unsupported, one field a sentence."""

    model_config = ConfigDict(extra="allow")

    def of(self, number: int) -> str:
        return str((self.model_extra or {}).get(f"S{number}", "unsupported"))


async def check(run: Run, models: Models, draft: Draft, ledger: Ledger) -> Draft:
    """The draft with a verdict on every sentence that needs one, without the sentences that hold nothing."""
    claims = ledger.by_id()
    flat = [*draft.answer, *(s for section in draft.sections for s in section.sentences)]
    doubtful = [s for s in flat if s.claims and not _verbatim(s, claims)]
    asked = await _entailed(run, models, doubtful, claims)
    seen: set[str] = set()
    known = [run.question.text]  # not the claims: a page that was cited could put its own words there
    judged = {
        id(s): [] if not s.claims and foreign_label(s.text, known) else _judge(s, claims, asked.get(id(s), "supported"), seen) for s in flat
    }
    answer = tuple(s for old in draft.answer for s in judged[id(old)])
    sections = tuple(
        DraftSection(
            heading=_heading(section.heading, claims, run.question),
            sentences=tuple(s for old in section.sentences for s in judged[id(old)]),
        )
        for section in draft.sections
    )
    title = run.question.text if foreign_label(draft.title, known) else draft.title
    limits = tuple(dict.fromkeys(_limit(text, known, run.question) for text in draft.limitations))
    dropped = sum(1 for old in flat if not judged[id(old)])
    return draft.model_copy(
        update={
            "title": title,
            "limitations": limits,
            "answer": answer,
            "sections": tuple(s for s in sections if s.sentences),
            "dropped": dropped,
        }
    )


def _limit(text: str, known: Sequence[str], question: Question) -> str:
    """A limitation; a gap is named in a model's words, so one about something else is named by the question."""
    mark = WORDS[question.language]["gap"]
    if not text.startswith(mark):
        return text
    gap = text.removeprefix(mark)
    return mark + (question.text if foreign(gap, known) else without_keys(gap, "\n".join(known)))


def _heading(heading: str, claims: Mapping[str, Claim], question: Question) -> str:
    """A heading states no finding: one with a figure that no claim holds loses it, one about something else is replaced."""
    texts = [claim.text for claim in claims.values()]
    if foreign_label(heading, [question.text]):
        return WORDS[question.language]["findings"]
    return heading if not unsupported_figures(heading, texts) else heading.rstrip("0123456789.,% :")


def _verbatim(sentence: DraftSentence, claims: Mapping[str, Claim]) -> bool:
    return len(sentence.claims) == 1 and sentence.text.rstrip(".。") == claims[sentence.claims[0]].text.rstrip(".。:;,：；，")


def _judge(sentence: DraftSentence, claims: Mapping[str, Claim], verdict: str, seen: set[str]) -> list[DraftSentence]:
    """What becomes of a sentence: itself with its verdict, its claims' own words, or nothing."""
    if not sentence.claims:
        return [] if _states(sentence.text) else [sentence]
    if _verbatim(sentence, claims):
        kept = [sentence.model_copy(update={"verdict": _standing(sentence.claims, claims)})]
    elif verdict == "unsupported" or _invents(sentence, claims):
        kept = [] if sentence.kind == "inference" else [_narrowed(claims[claim_id], claims) for claim_id in sentence.claims]
    else:
        standing = _standing(sentence.claims, claims)
        kept = [sentence.model_copy(update={"verdict": "partial" if verdict == "partial" else standing})]
    fresh = [s for s in kept if s.text not in seen]
    seen.update(s.text for s in fresh)
    return fresh


def _states(text: str) -> bool:
    """Whether a sentence without evidence says more than framing may: a figure or a name."""
    return any(char.isdigit() for char in text) or bool(names(text))


def _invents(sentence: DraftSentence, claims: Mapping[str, Claim]) -> bool:
    texts = [quote.quote for claim_id in sentence.claims for quote in claims[claim_id].evidence]
    texts += [claims[claim_id].text for claim_id in sentence.claims]
    held = {term for text in texts for term in terms(text)}
    if foreign(sentence.text, texts):
        return True
    new_names = any(not set(terms(name)) <= held for name in names(sentence.text))
    return bool(unsupported_figures(sentence.text, texts)) or (new_names and sentence.kind != "inference")


def _narrowed(claim: Claim, claims: Mapping[str, Claim]) -> DraftSentence:
    return DraftSentence(text=claim.text, claims=(claim.id,), verdict=_standing((claim.id,), claims), reason="narrowed")


def _standing(claim_ids: Sequence[str], claims: Mapping[str, Claim]) -> SentenceVerdict:
    """What the sentence inherits from its claims: their own words support it, but one of them may be contested."""
    return "contested" if any(claims[claim_id].verdict == "contested" for claim_id in claim_ids) else "supported"


async def _entailed(run: Run, models: Models, sentences: Sequence[DraftSentence], claims: Mapping[str, Claim]) -> dict[int, str]:
    """The model's verdict on each sentence. Without one, a sentence is not believed: it is narrowed."""
    verdicts: dict[int, str] = {}
    for start in range(0, len(sentences), BATCH):
        batch = sentences[start : start + BATCH]
        answer = await _ask(run, models, batch, claims)
        for number, sentence in enumerate(batch, 1):
            verdicts[id(sentence)] = answer.of(number) if answer else "unsupported"
    return verdicts


async def _ask(run: Run, models: Models, batch: Sequence[DraftSentence], claims: Mapping[str, Claim]) -> Verdicts | None:
    numbers = [f"S{n}" for n in range(1, len(batch) + 1)]
    verdict = {"enum": ["supported", "partial", "unsupported"]}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": dict.fromkeys(numbers, verdict),
        "required": numbers,
        "additionalProperties": False,
    }
    shown = []
    for number, sentence in zip(numbers, batch, strict=True):
        quotes = dict.fromkeys(q.quote for claim_id in sentence.claims for q in claims[claim_id].evidence[:2])
        shown.append(f"{number} {sentence.text}\n" + "\n".join(f"   “{quote}”" for quote in quotes))
    try:
        return await ask(
            run, models, "verify", "check", Verdicts, schema=schema, max_tokens=1_000 + 10 * len(batch), sentences="\n".join(shown)
        )
    except BudgetExhausted as error:
        await run.floor("check", str(error))
        return None
