"""The Master of a small model: the question's sub-questions with keyword queries, in one call.

The model proposes; code keeps what holds to the question, and falls back to the question itself.
There is one round of searches, and another only for what a person notes while it runs, or after
an outage. Not here: what a search gives (`picking.py`)."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from agents.asked import said_beside
from agents.asking import ask
from agents.models import Models
from agents.schemas import object_of
from research.crew import Run
from research.domain import Ledger, Plan, Question, Task
from research.errors import BudgetExhausted, SearchFailed
from research.text.names import names
from research.text.sentences import language_of, term_set

LONGEST = 160  # characters of a sub-question
ANSWER_TOKENS = 70  # of a sub-question with its queries


class SubQuestion(BaseModel):
    """A part of the question and what to search for; `english` are search words for a question in
    another language."""

    question: str
    keywords: str = ""
    english: str = ""

    @property
    def queries(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(filter(None, (self.question, self.keywords, self.english))))


class SubQuestions(BaseModel):
    questions: list[SubQuestion]


async def plan(
    run: Run,
    models: Models,
    ledger: Ledger,
    last: Plan | None,
    round: int,
    notes: Sequence[str] = (),
) -> Plan:
    """What to do in this round. A spent budget plans nothing more: the run writes up what it has.
    Raises `SearchFailed` where no search was answered, not even with nothing."""
    before = last or Plan(brief=run.question.text)
    noted = len(notes) > before.heard and run.job.mode != "react"
    try:
        if last is None or noted:
            return await _searches(run, models, before, round, notes)
        if ledger.failures and not (ledger.pages or ledger.dead_ends):
            return _searched_again(run, ledger, last)
    except BudgetExhausted as error:
        return before.replace(tasks=(), done=True, capped=True, reason=str(error))
    return before.replace(tasks=(), done=True, reason="every part was searched for")


def _searched_again(run: Run, ledger: Ledger, last: Plan) -> Plan:
    """The same tasks once more, when the job was taken up again after an outage."""
    with run.budget.admit(1, 1):  # what a spent budget cut short is no outage
        pass
    if last.fence == run.job.fence:
        raise SearchFailed(reason="; ".join(ledger.failures))
    return last


async def _searches(
    run: Run, models: Models, before: Plan, round: int, notes: Sequence[str]
) -> Plan:
    """A search for each sub-question that was not sent before; for the question itself where the
    one agent of react mode does all the work."""
    proposed: list[SubQuestion] = []
    if run.job.mode != "react":
        proposed = await _proposed(run, models, notes)
    kept = kept_to(run.question, proposed, run.effort.tasks)
    fresh = [one for one in kept if one.question not in before.must_contain]
    tasks = tuple(
        Task(id=f"r{round}s{n}", role="search", goal=one.question, queries=one.queries)
        for n, one in enumerate(fresh, 1)
    )
    parts = (*before.must_contain, *(one.question for one in fresh))
    return before.replace(tasks=tasks, must_contain=parts, heard=len(notes), done=not tasks)


async def _proposed(run: Run, models: Models, notes: Sequence[str]) -> list[SubQuestion]:
    made = await ask(
        run,
        models,
        "master",
        "plan_brief",
        SubQuestions,
        schema=_schema(run.question, run.effort.tasks),
        max_tokens=30 + ANSWER_TOKENS * run.effort.tasks,
        tasks=run.effort.tasks,
        question=run.question.text,
        instructions=said_beside(run.question, notes),
    )
    return made.questions if made else []


def kept_to(question: Question, proposed: Sequence[SubQuestion], most: int) -> list[SubQuestion]:
    """The sub-questions that share the question's words, once each. Where together they lose one
    of its names, or none is left, the question itself is asked first."""
    asked = term_set(question.text)
    kept: dict[frozenset[str], SubQuestion] = {}  # by their words
    for one in proposed:
        held = _held(question, one)
        said = term_set(held.question)
        if said & asked:
            kept.setdefault(said, held)
    best = list(kept.values())[:most]
    covered = term_set(" ".join(one.question for one in best))
    lost = any(not term_set(name) <= covered for name in names(question.text))
    if lost or not best:
        best.insert(0, SubQuestion(question=question.text))
    return best[:most]


def _held(question: Question, one: SubQuestion) -> SubQuestion:
    """The sub-question without keywords that leave the question, and without a translation that
    loses the question's name: another thing's name is easily made of it."""
    asked, english = term_set(question.text), term_set(one.english)
    named = any(term_set(name) <= english for name in names(question.text))
    held = term_set(one.keywords) & asked
    return SubQuestion(
        question=" ".join(one.question.split())[:LONGEST],
        keywords=one.keywords if held else "",
        english=one.english if named and language_of(one.english) == "en" else "",
    )


def _schema(question: Question, most: int) -> dict[str, Any]:
    """The form of the answer; a question in Chinese that names something in Latin letters is
    searched for in English too."""
    fields: dict[str, Any] = {
        "question": {"type": "string", "minLength": 2, "maxLength": LONGEST},
        "keywords": {"type": "string", "maxLength": 80},
    }
    if question.language == "zh" and names(question.text):
        fields["english"] = {"type": "string", "maxLength": 80}
    item = object_of(**fields)
    return object_of(questions={"type": "array", "minItems": 1, "maxItems": most, "items": item})
