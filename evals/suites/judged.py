"""The suite *verify* for a model that can judge: claims with labels as statements of a report,
before the product's own judge.

A claim rests on the sentences that people marked; where they marked none, on those that the product
would show for it. It stands in its article, under its heading, after the sentence before it, which
tell who *he* is. Not here: the embedded model's way and the measures of agreement (`verify.py`).
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from random import Random

from agents import prompts
from agents.judge.judging import BATCH, Judge, Statement, Verdict, Word
from agents.models import Models
from evals.data.wice import LABELS, Labelled
from evals.graders.judgements import Answer, Judgement, Judgements, key_of
from evals.subjects.apart import asked, documents_of, grounds_of, run_apart
from research.crew import Run
from research.domain.report import RoleUsage
from research.store.documents import Documents

Tell = Callable[[str], None]
Chosen = tuple[
    Labelled, tuple[int, ...]
]  # a claim with the numbers of the sentences that it rests on
QUESTION = "What do the pages say? (single statements of several articles)"
KEPT: Mapping[Word, Answer] = {
    "supported": "yes",
    "partial": "partly",
    "disputed": "partly",
    "unsupported": "no",
    "refuted": "no",
}


def sample(claims: Sequence[Labelled], items: int | None, seed: int) -> list[Labelled]:
    """So many claims, of each label as many as of the others where there are enough, in an order
    that tells nothing."""
    if items is None:
        return list(claims)
    draw = Random(seed)
    shuffled = draw.sample(claims, len(claims))
    of_label = {label: [claim for claim in shuffled if claim.label == label] for label in LABELS}
    turns = max(map(len, of_label.values()), default=0)
    dealt = [some[turn] for turn in range(turns) for some in of_label.values() if turn < len(some)]
    chosen = dealt[:items]
    draw.shuffle(chosen)
    return chosen


def gold(claim: Labelled) -> tuple[int, ...]:
    """The sentences that any annotator marked."""
    return tuple(sorted(frozenset[int]().union(*claim.support)))


async def judge(
    chosen: Sequence[Chosen],
    models: Models,
    kept: Judgements,
    label: str,
    *,
    tell: Tell = lambda _: None,
) -> tuple[list[Answer | None], RoleUsage]:
    """The judge's word on each claim, in order, None where it gave none, and what that cost. What
    was judged is not asked again."""
    keys = [_key(label, one) for one in chosen]
    waiting = [place for place, key in enumerate(keys) if kept.get(key) is None]
    async with run_apart(asked(QUESTION)) as run:
        documents = documents_of([claim for claim, _ in chosen], run.job.id)
        asking = Judge(run, models, grounds_of(documents, run.question), {})

        async def part(places: Sequence[int]) -> None:
            found = await asking.verdicts(
                [_statement(chosen[place], documents) for place in places]
            )
            for place, verdict in zip(places, found, strict=True):
                if verdict:
                    kept.put(keys[place], _judgement(verdict), claim=chosen[place][0].claim)
            tell(f"judged {sum(kept.get(key) is not None for key in keys)} of {len(keys)}")

        await asyncio.gather(
            *(part(waiting[start : start + BATCH]) for start in range(0, len(waiting), BATCH))
        )
        return [known.verdict if (known := kept.get(key)) else None for key in keys], _usage(run)


def _usage(run: Run) -> RoleUsage:
    return run.budget.by_role.get("judge", RoleUsage())


def _judgement(verdict: Verdict) -> Judgement:
    return Judgement(verdict=KEPT[verdict.word], reason=verdict.missing)


def _statement(chosen: Chosen, documents: Documents) -> Statement:
    claim, numbers = chosen
    page = next(one for one in documents if _is_page(one.reading.title, one.snapshot.text, claim))
    evidence = (documents.quote(page.number, numbers),) if numbers else ()
    return Statement(claim.claim, "fact", claim.context, evidence)


def _is_page(title: str, text: str, claim: Labelled) -> bool:
    return title == claim.title and text == "\n".join(claim.sentences)


def _key(label: str, chosen: Chosen) -> str:
    """What a judgement depends on: the model, the prompt, the claim and all that is shown with
    it."""
    claim, numbers = chosen
    nothing = dict.fromkeys(("today", "question", "evidence", "statements", "sources"), "")
    version = hashlib.sha256(
        json.dumps(prompts.render("judge", "en", **nothing)).encode()
    ).hexdigest()
    return key_of(
        "judge",
        label,
        version,
        claim.claim,
        claim.context,
        claim.title,
        *(claim.sentences[n] for n in numbers),
    )
