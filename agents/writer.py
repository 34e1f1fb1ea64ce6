"""The writer: a short answer first, then sections, from claims only, each sentence with the claims it rests on.

A model that writes well writes sentences. The model in this process arranges: it names claims in order under headings, and their own
words are the sentences (asked to write, it copied them, at eight times the tokens). Supported claims it leaves out are added at the end,
so nothing that was found is lost. The floor is the claims in the order of their relevance. What could not be found is told by code."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field

from agents.asking import ask
from agents.models import Models
from research.crew import Run
from research.errors import BudgetExhausted
from research.figures import gives_what_is_asked
from research.text import clip, terms
from research.types import Claim, Draft, DraftSection, DraftSentence, Inference, Language, Ledger, Plan

WORDS = {
    "en": {
        "findings": "Findings",
        "more": "Further evidence",
        "inferences": "What follows",
        "infer": "We infer: ",
        "none": "No document that was read answers the question.",
        "gap": "Not found in the sources: ",
        "tried": "Searched for: ",
        "pages": "Pages read: ",
        "failed": "A part of the research failed: ",
        "stopped": "The research stopped early: ",
        "near": "What was read is near the subject but does not answer the question.",
    },
    "zh": {
        "findings": "结果",
        "more": "其他证据",
        "inferences": "由此可见",
        "infer": "我们推断：",
        "none": "读过的文档都没有回答这个问题。",
        "gap": "来源中没有找到：",
        "tried": "搜索过：",
        "pages": "读过的页面数：",
        "failed": "一部分研究失败了：",
        "stopped": "研究提前结束：",
        "near": "读到的内容与主题相近，但没有回答这个问题。",
    },
}


OLDER = 0.8
ENDS = ".!?。！？…”\"'’」"


class Part(BaseModel):
    heading: str
    claims: list[int]


class Arrangement(BaseModel):
    title: str
    answer: list[int]
    sections: list[Part]


class Written(BaseModel):
    text: str = Field(min_length=1)
    claims: list[int]


class WrittenSection(BaseModel):
    heading: str
    sentences: list[Written]


class Prose(BaseModel):
    title: str
    answer: list[Written]
    sections: list[WrittenSection]


async def write(run: Run, models: Models, ledger: Ledger, plan: Plan) -> Draft:
    """The draft. Without claims, or with claims that do not answer, there is nothing to write: then the limitations say what was tried."""
    language = run.question.language
    if not ledger.claims or not plan.answered:
        return await _nothing(run, ledger, language)
    claims = _chosen(run, ledger)
    await run.emit("writing", claims=len(claims))
    try:
        if models.role("writer").embedded:
            draft = await _arranged(run, models, claims, ledger)
        else:
            draft = await _prose(run, models, claims, ledger)
    except BudgetExhausted as error:
        await run.floor("writer", str(error))
        draft = None
    draft = draft or _plain(run, claims, ledger)
    limits = _limits(ledger, plan, language)
    return draft.model_copy(update={"limitations": tuple(limits), "complete": not limits})


def _chosen(run: Run, ledger: Ledger) -> list[Claim]:
    """The claims to write from: those nobody refuted, answers and corroborated ones first; what is superseded only where all is."""
    usable = [claim for claim in ledger.claims if claim.verdict != "refuted"]
    usable = [claim for claim in usable if claim.verdict != "superseded"] or usable
    ranked = sorted(usable, key=lambda c: (not c.answer, -c.documents, -_weight(c)))
    return ranked[: run.effort.claims]


def _numbered(claims: Sequence[Claim]) -> str:
    return "\n".join(f"{i} {clip(claim.text, 400)}" for i, claim in enumerate(claims, 1))


def _sentence(claim: Claim) -> DraftSentence:
    return DraftSentence(text=_ended(claim.text), claims=(claim.id,))


def _ended(text: str) -> str:
    """The text with a full stop where its sentence has no end of its own."""
    if text[-1:] in ENDS:
        return text
    return text.rstrip(":;,：；，") + ("。" if terms(text) and text[-1] >= "\u3400" else ".")


async def _arranged(run: Run, models: Models, claims: Sequence[Claim], ledger: Ledger) -> Draft | None:
    made = await ask(
        run,
        models,
        "writer",
        "arrange",
        Arrangement,
        schema=_arrangement(len(claims)),
        max_tokens=220,
        claims=_numbered(claims),
        question=run.question.text,
    )
    if made is None:
        return None
    left = dict(enumerate(claims, 1))
    answer = _take(left, _direct(left, ledger) or made.answer[:2]) or _take(left, list(left)[:1])
    sections = [DraftSection(heading=part.heading.strip(), sentences=_take(left, part.claims)) for part in made.sections]
    rest = _take(left, list(left))
    if rest:
        sections.append(DraftSection(heading=WORDS[run.question.language]["more"], sentences=rest))
    return Draft(title=made.title.strip() or run.question.text, answer=answer, sections=tuple(s for s in sections if s.sentences))


def _direct(claims: Mapping[int, Claim], ledger: Ledger) -> list[int]:
    """The claims that answer best, one a goal, and what is said against them."""
    best: dict[str, int] = {}
    for n, claim in claims.items():
        if claim.answer and (claim.goal not in best or _directness(claim) > _directness(claims[best[claim.goal]])):
            best[claim.goal] = n
    direct = list(best.values())
    quotes = {q.quote for n in direct for q in claims[n].evidence}
    for dispute in ledger.contradictions:
        told = {q.quote for side in dispute.sides for q in side.evidence}
        if told & quotes:
            direct += [n for n, claim in claims.items() if n not in direct and {q.quote for q in claim.evidence} & told][:1]
    return direct[:4]


def _weight(claim: Claim) -> float:
    """Its relevance; a draft or an archived paper counts for less, and for more than a current one about another thing."""
    return claim.relevance if claim.standing == "current" else claim.relevance * OLDER


def _directness(claim: Claim) -> tuple[bool, bool, float]:
    return gives_what_is_asked(claim.goal, claim.text), claim.text[-1:] in ENDS, _weight(claim)


def _take(left: dict[int, Claim], numbers: Sequence[int]) -> tuple[DraftSentence, ...]:
    """The sentences of these claims, each claim once in the report."""
    return tuple(_sentence(left.pop(n)) for n in dict.fromkeys(numbers) if n in left)


def _arrangement(count: int) -> dict[str, Any]:
    number = {"type": "integer", "minimum": 1, "maximum": count}
    part = {
        "type": "object",
        "properties": {
            "heading": {"type": "string", "maxLength": 60},
            "claims": {"type": "array", "items": number, "minItems": 1, "maxItems": count},
        },
        "required": ["heading", "claims"],
        "additionalProperties": False,
    }
    properties: dict[str, Any] = {
        "title": {"type": "string", "maxLength": 90},
        "answer": {"type": "array", "items": number, "minItems": 1, "maxItems": 2},
        "sections": {"type": "array", "items": part, "minItems": 1, "maxItems": 3},
    }
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


async def _prose(run: Run, models: Models, claims: Sequence[Claim], ledger: Ledger) -> Draft | None:
    words = WORDS[run.question.language]
    told = "\n".join(f"- {inference.text}" for inference in ledger.inferences)
    made = await ask(
        run,
        models,
        "writer",
        "write",
        Prose,
        max_tokens=6_000,
        claims=_numbered(claims),
        inferences=f"\n{told}\n" if told else "",
        question=run.question.text,
        instructions=f"\n{run.question.instructions}" if run.question.instructions else "",
    )
    if made is None:
        return None
    sections = [DraftSection(heading=s.heading, sentences=_bound(s.sentences, claims)) for s in made.sections]
    if ledger.inferences:
        marked = tuple(_inferred(inference, words["infer"]) for inference in ledger.inferences)
        sections.append(DraftSection(heading=words["inferences"], sentences=marked))
    return Draft(title=made.title, answer=_bound(made.answer, claims), sections=tuple(sections))


def _bound(written: Sequence[Written], claims: Sequence[Claim]) -> tuple[DraftSentence, ...]:
    sentences = []
    for one in written:
        ids = tuple(claims[n - 1].id for n in dict.fromkeys(one.claims) if 0 < n <= len(claims))
        sentences.append(DraftSentence(text=one.text.strip(), kind="fact" if ids else "framing", claims=ids))
    return tuple(sentences)


def _inferred(inference: Inference, mark: str) -> DraftSentence:
    return DraftSentence(text=f"{mark}{inference.text}", kind="inference", claims=inference.premises, reason=inference.warrant)


def _plain(run: Run, claims: Sequence[Claim], ledger: Ledger) -> Draft:
    """The floor: the claims' own words, the most relevant first."""
    sentences = tuple(_sentence(claim) for claim in claims)
    section = DraftSection(heading=WORDS[run.question.language]["findings"], sentences=sentences[1:])
    return Draft(title=run.question.text, answer=sentences[:1], sections=(section,) if sentences[1:] else ())


async def _nothing(run: Run, ledger: Ledger, language: Language) -> Draft:
    words = WORDS[language]
    limits = [words["near"] if ledger.claims else words["none"], *_limits(ledger, None, language)]
    limits += [words["tried"] + clip("; ".join(ledger.queries), 1_000), words["pages"] + str(len(await run.store.readings(run.job.id)))]
    return Draft(title=run.question.text, limitations=tuple(limits), complete=False)


def _limits(ledger: Ledger, plan: Plan | None, language: Language) -> list[str]:
    words = WORDS[language]
    limits = [words["gap"] + gap for gap in ledger.gaps]
    limits += [words["failed"] + failure for failure in ledger.failures]
    if plan is not None and plan.reason.startswith("The run has reached"):
        limits.append(words["stopped"] + plan.reason)
    return limits
