"""The author: one call writes the report, as Markdown with marks; a long one is written section by
section side by side. Then it is read once as its most demanding reader would read it, and edited as
a whole.

The fallback is the claims in their sources' words. Not here: the gates (`review.py`)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from agents.asking import affordable, ask, write
from agents.guarding.untrusted_text import addresses_assistant
from agents.models import Models
from agents.writing import reading
from agents.writing.desk import Desk
from agents.writing.lengths import Length
from agents.writing.outline import calculated
from agents.writing.resolving import Resolver
from agents.writing.review.repair import Block
from agents.writing.words import WORDS
from research.crew import Run
from research.domain import (
    Calculation,
    Contradiction,
    Draft,
    DraftParagraph,
    DraftSection,
    DraftSentence,
    Mark,
    Outline,
    PlannedSection,
)
from research.reporting import bind as cite
from research.reporting import calculations
from research.store.documents import Documents
from research.text.sentences import clip, estimate_tokens

AT_ONCE = 3_000  # words that one call writes at most
TOKENS_A_WORD = 3  # with its marks; in any language
LEAST_TOKENS, MOST_TOKENS = 4_000, 16_000  # of one text
AUTHORS = 6  # sections written side by side
EDITS = 2  # of a whole report; the second of one that the first left too long
OVER = 1.12  # of the words that are aimed at, a tenth under a limit: too long


class Edited(BaseModel):
    """An edit of a whole report: what its reader would miss, its short answer, and the blocks that
    are to read otherwise."""

    lacking: list[str]
    answer: str
    blocks: list[Block]


async def written(run: Run, models: Models, desk: Desk, outline: Outline) -> Draft:
    """The draft that the writer makes of what lies on its desk."""
    calculations, wrong = calculated(outline.calculations, desk.resolver)
    plan = plan_told(outline, calculations, wrong, desk.resolver.documents)
    length = Length.of(run, outline)
    author = _Author(run, models, {**desk.values, "plan": plan})
    sections, words = outline.sections, length.words
    await run.emit("writing", claims=len(desk.resolver.ledger.claims))
    if words > AT_ONCE and author.affords(len(sections) + 1):
        markdown = await author.by_section(outline)
    else:
        markdown = await author.text("write", words, tables=length.counted)
    if not markdown:
        return quoted(run, desk.resolver)
    for edit in range(EDITS if sections else 0):
        is_long = length.of_markdown(markdown) > words * OVER
        if (edit and not is_long) or not author.affords(1, estimate_tokens(markdown)):
            break
        markdown = await author.edited(markdown, length, outline)
    found = reading.read(markdown, desk.resolver)
    return Draft(
        title=found.title or outline.title,
        answer=tuple(found.answer),
        sections=tuple(found.sections),
        calculations=dict(desk.resolver.arithmetic.known),
    )


@dataclass(frozen=True)
class _Author:
    """The writer of one report. `values` fill what all of its prompts have in common."""

    run: Run
    models: Models
    values: Mapping[str, Any]

    def affords(self, calls: int, more: int = 0) -> bool:
        """Whether the evidence can be shown so many times more, each time for a text, and `more`
        tokens beside it."""
        room = self.run.budget.room("write")
        cost = estimate_tokens(self.values["evidence"]) + LEAST_TOKENS + more
        return room is None or calls * cost < room

    async def text(self, prompt: str, words: int, **more: str) -> str:
        """One text of about so many words; '' where none was given."""
        values = {**self.values, **more, "words": words}
        tokens = min(MOST_TOKENS, max(LEAST_TOKENS, words * TOKENS_A_WORD + 2_000))
        asked = write(self.run, self.models, "writer", prompt, max_tokens=tokens, **values)
        made = await affordable(self.run, prompt, asked)
        if made is None:
            return ""
        # its last line was cut off
        return made.text.rpartition("\n")[0] if made.truncated else made.text

    async def by_section(self, outline: Outline) -> str:
        """The sections, each by an author of its own who knows the whole outline. A section whose
        author gives nothing is left out; the others stay."""
        gate = asyncio.Semaphore(AUTHORS)

        async def one(section: PlannedSection) -> str:
            async with gate:
                about = {"heading": section.heading, "point": section.point}
                return await self.text("section", section.words, **about)

        texts = [text for text in await asyncio.gather(*map(one, outline.sections)) if text]
        return "\n\n".join([f"# {outline.title}", *texts]) if texts else ""

    async def edited(self, markdown: str, length: Length, outline: Outline) -> str:
        """The report with the blocks that its editor wants otherwise, and with its short answer; as
        it was written where the editor gives nothing."""
        body, answer = reading.parted(markdown)
        named = {f"b{n}": block for n, block in enumerate(body, 1)}
        shown = {**named, "answer": answer or "(not yet written)"}
        asked = ask(
            self.run,
            self.models,
            "writer",
            "edit",
            Edited,
            max_tokens=min(MOST_TOKENS, 6_000 + estimate_tokens(markdown)),
            report="\n\n".join(f"[{id}]\n{block}" for id, block in shown.items()),
            **length.told(length.of_markdown(markdown)),
            **self.values,
        )
        made = await affordable(self.run, "edit", asked)
        if made is None:
            return markdown
        for block in made.blocks:
            if block.id in named:
                named[block.id] = block.markdown.strip()
        answer = made.answer.strip() or answer
        body = [block for block in named.values() if block]
        # else the short answer would stand under the first title
        if not any(reading.is_title(block) for block in body):
            body.insert(0, f"# {outline.title}")
        return "\n\n".join([*body, f"# –\n\n{answer}"] if answer else body)


def plan_told(
    outline: Outline,
    calculations: dict[str, Calculation],
    wrong: Sequence[str],
    documents: Documents,
) -> str:
    """The outline as the writer is shown it, with the values of its calculations."""
    if not outline.sections:
        return "(no outline: choose what matters most for the answer, and keep to the length)"
    lines = [f"Title: {outline.title}", f"Thesis: {outline.thesis}"]
    lines += [f"Tension: {one.text} ({', '.join(one.ids)})" for one in outline.tensions]
    lines += [_conflict(one, documents) for one in outline.contradictions or ()]
    for id, made in calculations.items():
        lines.append(f"{id} {made.label} = {_short(made.value)} {made.unit}".rstrip())
    lines += [f"Cannot be computed: {why}" for why in wrong]
    if one := outline.recommendation:
        lines.append(
            f"Recommendation: {one.text} Because: {one.because} It flips if: {one.flips_if}"
        )
    if missing := [f"P{n}" for n in outline.unanswered]:
        lines.append(f"Not answered by what was read: {', '.join(missing)}")
    for section in outline.sections:
        about = f"{section.form}, about {section.words} words" if section.words else section.form
        lines.append(f"## {section.heading} ({about}): {section.point} [{' '.join(section.ids)}]")
    return "\n".join(lines)


def _conflict(one: Contradiction, documents: Documents) -> str:
    """A conflict and the sentences that each of its sides names."""
    sides = []
    for side in one.sides:
        refs = dict.fromkeys(ref for quote in side.evidence for ref in documents.refs(quote))
        sides.append(f"{side.text} ({', '.join(refs)})")
    between = " replaced by: " if one.kind == "superseded" else " against: "
    return f"Sources differ on {one.topic}: {between.join(sides)} {one.note}".rstrip()


def _short(value: str) -> str:
    """A value to six digits, all those before its point, without an exponent."""
    if calculations.DATE.fullmatch(value):
        return value
    exact = Decimal(value)
    digits = max(6, exact.adjusted() + 1)
    return f"{Decimal(f'{exact:.{digits}g}'):,f}"


def quoted(run: Run, resolver: Resolver) -> Draft:
    """The claims in their sources' own words, by document: what is left when the writer gives
    nothing."""
    documents = resolver.documents
    blocks: dict[str, list[DraftSentence]] = {}
    quotes = [quote for claim in resolver.ledger.claims for quote in claim.evidence]
    for quote in dict.fromkeys(quotes):
        text = cite.plain(quote.quote)
        if addresses_assistant(text):
            continue
        mark = Mark(start=0, end=len(text), evidence=(0,), refs=documents.refs(quote))
        said = DraftSentence(text=text, evidence=(quote,), marks=(mark,), verdict="supported")
        blocks.setdefault(documents.reading_of(quote).title, []).append(said)
    sections = tuple(
        DraftSection(heading=clip(title, 120), blocks=(DraftParagraph(sentences=tuple(said)),))
        for title, said in blocks.items()
    )
    return Draft(title=WORDS[run.question.language]["found"], sections=sections, judge="")
