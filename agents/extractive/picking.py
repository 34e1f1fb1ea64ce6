"""What a search gives: the sentences of the shown passages that answer its goal, picked by number.

The model says of each numbered sentence whether it answers; code copies those as claims, where
their page is about what the question names and asks for. The fallback: the sentences that share
most words with the goal. Not here: what is shown (`agents/tools/batch_web_surfer.py`)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain, groupby, pairwise
from math import ceil
from typing import Any

from pydantic import RootModel

from agents.asking import affordable, ask
from agents.extractive.comparing import differ
from agents.guarding.untrusted_text import addresses_assistant, on_one_line
from agents.models import Models
from agents.reading.passages import places_of
from agents.schemas import object_of
from research.crew import Run
from research.domain import Claim, Feedback, Observation, Reading, Task, Trajectory
from research.reporting import bind as cite
from research.store.documents import Document, documents
from research.text.language import sets_spaces
from research.text.names import names
from research.text.sentences import clip, language_of, term_set, terms

BATCH = 8  # sentences shown at once: of more the model says yes to each
TOKENS = 11  # of the answer to one
SURE = 0.6  # the share of the goal's words that a sentence has to have where no model says so
NEAR = 0.5  # the same of a sentence that does not answer but stands near
SPREAD = 0.7
LEAST = 4  # claims of a search, where there are as many


class Answers(RootModel[dict[str, Any]]):
    """`S1`: whether sentence 1 answers, yes or no; one field a sentence."""

    def chosen(self) -> set[str]:
        return {name for name, said in self.root.items() if said == "yes"}


@dataclass(frozen=True)
class Shown:
    """A sentence that was shown, and `around` it what was shown of its document. `relevance` is the
    share of the goal's words that it or its document's title has, from 0 to 1."""

    name: str
    document: Document
    index: int
    text: str
    around: str
    relevance: float


async def summarise(run: Run, models: Models, trajectory: Trajectory) -> Feedback:
    """What an agent's trajectory gives: a claim for each sentence that answers, a gap where none
    does, and then the sentences that stand near."""
    task = trajectory.task
    observations = await run.all_observed(trajectory.steps)
    shown = await _shown(run, task.goal, observations)
    count = ceil(len(shown) / BATCH)
    ends = [len(shown) * n // count for n in range(count + 1)] if count else []
    picked: list[Shown] = []
    for start, end in pairwise(ends):  # about even parts
        picked += await _picked(run, models, task.goal, shown[start:end])
    picked += _differing(shown, picked)
    most = max(LEAST, run.effort.claims // run.effort.tasks)
    told = best = _best(picked, most)
    if not best:
        near = [one for one in shown if one.relevance >= NEAR]
        told = [one for one in near if _may_answer(task.goal, one)][:most]
    queries = tuple(chain.from_iterable(one.queries for one in observations))
    return Feedback(
        task_id=task.id,
        role=task.role,
        outcome=trajectory.outcome,
        reason=trajectory.reason,
        claims=tuple(_claim(task, one, answers=bool(best)) for one in told),
        gaps=() if best else (task.goal,),
        dead_ends=() if shown else queries,
        queries=queries,
        pages=len(frozenset(chain.from_iterable(one.readings for one in observations))),
        answer=cite.plain(best[0].text) if best else "",
    )


async def _shown(run: Run, goal: str, observations: Iterable[Observation]) -> list[Shown]:
    """Every sentence that was shown, once, document by document."""
    known = await documents(run.store, run.job)
    places = places_of(line for seen in observations for line in seen.lines)
    shown: list[Shown] = []
    for document in filter(None, map(known.get, places)):
        title = document.reading.title
        indexes = sorted(set(places[document.number]))
        texts = {index: document.snapshot.sentence(index) for index in indexes}
        around = " ".join([title, *texts.values()])
        for index, text in texts.items():
            name = f"S{len(shown) + 1}"
            near = relevance(goal, text, title)
            shown.append(Shown(name, document, index, text, around, near))
    return shown


async def _picked(run: Run, models: Models, goal: str, shown: Sequence[Shown]) -> list[Shown]:
    """Those of a batch that the model says answer, and that code lets."""
    asked = ask(
        run,
        models,
        "summary",
        "pick",
        Answers,
        schema=object_of(**{one.name: {"enum": ["yes", "no"]} for one in shown}),
        max_tokens=20 + TOKENS * len(shown),
        documents=_as_text(shown),
        goal=goal,
    )
    given = await affordable(run, "summary", asked)
    if given is not None:
        chosen = [one for one in shown if one.name in given.chosen()]
    else:
        chosen = [one for one in shown if one.relevance >= SURE]
    return [one for one in chosen if _may_answer(goal, one)]


def _differing(shown: Sequence[Shown], picked: Sequence[Shown]) -> list[Shown]:
    """The sentences that were not picked, but give another value of what one that was gives: a
    dispute hides there."""
    left = [one for one in shown if one not in picked]
    return [one for one in left if any(_disputes(one, other) for other in picked)]


def _disputes(one: Shown, other: Shown) -> bool:
    return one.document.number != other.document.number and differ(one.text, other.text)


def _as_text(shown: Sequence[Shown]) -> str:
    """The sentences under their pages' titles, numbered."""
    parts = []
    for _, page in groupby(shown, key=lambda one: one.document.number):
        own = list(page)
        parts.append(f"[{_heading(own[0].document.reading)}]")
        parts += [f"{one.name} {on_one_line(one.text)}" for one in own]
    return "\n".join(parts)


def _heading(reading: Reading) -> str:
    """A page's title with its year, as the model sees it."""
    year = on_one_line(reading.published_at or "")[:4]
    title = clip(on_one_line(reading.title), 70)
    if addresses_assistant(title):
        title = on_one_line(reading.site) or "…"
    return f"{title}, {year}" if year and year not in title else title


def _may_answer(goal: str, one: Shown) -> bool:
    """Whether a page is about what the goal names, and a word of what it asks stands there. A goal
    that asks in one word may be met in another by a figure: *how deep* by a depth. A page in
    another language tells neither, only a name that stands in both."""
    named = is_named(goal, f"{one.document.reading.title} {one.document.snapshot.text}")
    if language_of(goal) != language_of(one.text):
        return named is True
    if sets_spaces(goal) and named is False:
        return False
    asked = _asked(goal, one.around)
    if len(asked) == 1 and any(term[0].isdigit() for term in terms(one.text)):
        return True
    return not asked or not asked.isdisjoint(term_set(one.around))


def is_named(goal: str, text: str) -> bool | None:
    """Whether a text holds all of a name that a goal tells in Latin letters; None if it tells
    none."""
    wanted = list(filter(None, map(term_set, names(goal))))
    if not wanted:
        return None
    held = term_set(text)
    return any(name <= held for name in wanted)


def _asked(goal: str, page: str) -> frozenset[str]:
    """The words of a goal that do not name its subject: not those of its names, nor, where no
    capitals tell a name, those of the longest run that the page has too."""
    if not sets_spaces(goal):
        match = SequenceMatcher(None, goal, page, autojunk=False).find_longest_match()
        rest = (goal[: match.a], goal[match.a + match.size :])
        return term_set(" ".join(rest))
    return term_set(goal) - term_set(" ".join(names(goal)))


def relevance(goal: str, sentence: str, title: str = "") -> float:
    """The share of the goal's words that stand in the sentence, or for a half in its page's title;
    0 between languages."""
    wanted = term_set(goal)
    if not wanted or language_of(goal) != language_of(sentence):
        return 0.0
    held = wanted & term_set(sentence)
    beside = wanted & term_set(title) - held
    return (len(held) + len(beside) / 2) / len(wanted)


def _best(picked: Sequence[Shown], most: int) -> list[Shown]:
    """The best of the picked sentences, pages taking turns: the next one of a page counts for less
    than its last."""
    left, best = list(picked), list[Shown]()
    taken = Counter[str]()  # by page
    while left and len(best) < most:
        worth = [one.relevance * SPREAD ** taken[one.document.name] for one in left]
        one = left.pop(worth.index(max(worth)))
        taken[one.document.name] += 1
        best.append(one)
    return best


def _claim(task: Task, one: Shown, *, answers: bool) -> Claim:
    """A sentence as a claim in its own words."""
    snapshot, reading = one.document.snapshot, one.document.reading
    text = cite.plain(one.text)
    return Claim(
        id=f"{task.id}.{one.name}",
        text=text,
        evidence=(cite.quote(snapshot, [snapshot.sentences[one.index]], reading.id),),
        relevance=round(one.relevance, 3),
        verdict="supported",
        goal=task.goal,
        answer=text if answers else "",
        private=reading.private,
    )


def inherited(question: str, claims: Sequence[Claim], titles: Mapping[str, str]) -> list[Claim]:
    """The claims of an earlier job that have to do with the question: those that share its words,
    or that stand in another language."""
    kept = []
    for claim in claims:
        title = titles.get(claim.evidence[0].reading_id, "") if claim.evidence else ""
        if language_of(question) != language_of(claim.text):
            kept.append(claim)  # words cannot tell
            continue
        near = relevance(question, claim.text, title)
        named = is_named(question, f"{title} {claim.text}")
        if near >= NEAR / 2 and named is not False:
            kept.append(claim.replace(relevance=round(near, 3)))
    return kept
