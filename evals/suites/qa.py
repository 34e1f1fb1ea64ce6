"""The suite *qa*: multi-hop questions over a closed corpus, answered by arms that are compared
question by question.

The questions are the first of each set in an order that only their ids make (sha-256), the sets in
turn, the same for every arm. What an arm gave is a line of `results.jsonl`, written at once: a run
that was stopped goes on there. Where an arm could not be asked, for want of a model say, the
question is ungraded, and tried again by the next run; a wrong or missing answer counts 0. Start at
`perform`. Not here: the arms (`subjects/arms.py`), the measures (`graders/answers.py`).
"""

import asyncio
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

from pydantic import ValidationError

from agents.crew import crew_of
from agents.models import Models
from evals.data.closed_corpus import Tell, open_corpus
from evals.data.multi_hop import Answered, load_corpus_of
from evals.graders import answers
from evals.graders.scores import Metric, Outcome, mean
from evals.subjects.arms import ARMS, CALLS, SECONDS, Arm, Bench, Given, recall
from research.domain import Noun
from research.domain.report import Usage
from research.errors import InputRejected, LeadlineError
from research.settings import Settings
from research.store.database import Store

FIXED = 40
BASELINES: tuple[Arm, ...] = ("no_search", "single_shot")
TOLD = (
    "f1",
    "f1_strict",
    "em",
    "contains",
    "answered",
    "declined",
    "gold_recall",
    "gold_cited",
    "calls",
    "prompt_tokens",
    "seconds",
)
MEASURES = (*TOLD, "within_caps")


@dataclass(frozen=True)
class Ask:
    """What a run is asked for. `skip` leaves the first questions out: those after the fixed ones
    are for trials."""

    data: Path
    arms: tuple[Arm, ...] = ARMS
    limit: int = FIXED
    skip: int = 0
    seconds: float = SECONDS
    out: Path | None = None
    label: str = "leadline"


def arms_of(names: str) -> tuple[Arm, ...]:
    """The arms that are named, in the order of `ARMS`. Raises `InputRejected`."""
    wanted = {name.strip() for name in names.split(",")}
    if not wanted <= set(ARMS):
        raise InputRejected(
            field="--arms",
            reason=f"there is no arm {min(wanted - set(ARMS))}",
            mend=f"There are {', '.join(ARMS)}.",
        )
    return tuple(arm for arm in ARMS if arm in wanted)


class Row(Noun):
    """What one arm gave to one question, and what it is worth."""

    key: str
    arm: Arm
    id: str
    dataset: str
    question: str
    right: tuple[str, ...]
    answer: str
    text: str
    job: str
    f1: float
    em: float
    contains: float | None
    answered: float
    declined: float
    gold_recall: float
    gold_cited: float
    calls: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    within_caps: float

    @property
    def f1_strict(self) -> float:
        return 0.0 if self.declined else self.f1

    def value(self, measure: str) -> float | None:
        value: float | None = getattr(self, measure)
        return value


class Rows:
    """The lines of a file that only grows; one that cannot be read (a torn write) is a question to
    ask again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = {row.key: row for row in _lines(path)}

    def get(self, key: str) -> Row | None:
        return self._known.get(key)

    def put(self, row: Row) -> None:
        self._known[row.key] = row
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab+") as file:
            file.seek(max(0, file.tell() - 1))
            whole = file.read(1) in (b"", b"\n")
            file.write((b"" if whole else b"\n") + row.model_dump_json().encode() + b"\n")


def _lines(path: Path) -> Iterator[Row]:
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        try:
            yield Row.model_validate_json(line)
        except ValidationError:
            continue


def choose(questions: Sequence[Answered], limit: int, skip: int = 0) -> list[Answered]:
    """The questions of a run: each set in the order of the sha-256 of its ids, one of each set in
    turn."""
    ordered = sorted(questions, key=lambda q: hashlib.sha256(q.id.encode()).hexdigest())
    sets = [
        [q for q in ordered if q.dataset == name] for name in sorted({q.dataset for q in ordered})
    ]
    turns = chain.from_iterable(zip_longest(*sets))
    return [q for q in turns if q is not None][skip : skip + limit]


async def perform(ask: Ask, settings: Settings, *, tell: Tell) -> Outcome:
    """Do a whole run: the library, the arms, the figures. Raises `LeadlineError`."""
    passages, known = await asyncio.to_thread(load_corpus_of, ask.data, Answered)
    questions = choose(known, ask.limit, ask.skip)
    out = ask.out or settings.data_dir / "evals" / "qa"
    await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    rows = Rows(out / "results.jsonl")
    async with (
        Store.open(f"sqlite+aiosqlite:///{out / 'qa.db'}") as store,
        Models(settings, tell=tell) as models,
    ):
        corpus = await open_corpus(store, out, passages, settings, tell)
        crew = crew_of(settings, store, models)
        bench = Bench(
            settings,
            store,
            models,
            crew,
            corpus.index,
            {one.id: one for one in passages},
            ask.label,
            ask.seconds,
        )
        found, ungraded = await run(bench, questions, ask.arms, rows, tell)
    outcome = _outcome(ask, questions, found, ungraded)
    await asyncio.to_thread(_keep, out / f"outcome-{ask.label}.json", ask, outcome)
    tell(table(ask.arms, outcome))
    return outcome


async def run(
    bench: Bench, questions: Sequence[Answered], arms: Sequence[Arm], rows: Rows, tell: Tell
) -> tuple[dict[Arm, dict[str, Row]], int]:
    """Each question to each arm, one after another, so that no arm pays for another's load; with
    the number of questions ungraded in some arm. The first call only starts the model and is not
    counted."""
    found: dict[Arm, dict[str, Row]] = {arm: {} for arm in arms}
    ungraded: set[str] = set()
    warm = False
    for number, question in enumerate(questions, 1):
        for arm in arms:
            key = bench.key(arm, question)
            row = rows.get(key)
            if row is None:
                try:
                    if not warm:
                        await bench.give("no_search", question)
                        warm = True
                    row = _row(key, arm, question, await bench.give(arm, question), bench.seconds)
                except LeadlineError as error:
                    ungraded.add(question.id)
                    tell(f"{number} {arm}: ungraded. {error}")
                    continue
                rows.put(row)
                tell(
                    f"{number} {arm}: f1 {row.f1:.2f}, {row.calls} calls, {row.seconds:.0f} "
                    f"s: {row.answer or '(none)'} / {question.answer}"
                )
            found[arm][question.id] = row
    return found, len(ungraded)


def _row(key: str, arm: Arm, question: Answered, given: Given, seconds: float) -> Row:
    right = question.right
    return Row(
        key=key,
        arm=arm,
        id=question.id,
        dataset=question.dataset,
        question=question.question,
        right=right,
        answer=given.answer,
        text=given.text,
        job=given.job,
        f1=answers.f1(given.answer, right),
        em=answers.exact(given.answer, right),
        contains=answers.contains(
            f"{given.answer}\n{given.text}" if given.job else given.answer, right
        ),
        answered=float(bool(answers.normalised(given.answer))),
        declined=float(given.declined),
        gold_recall=recall(question.gold, given.read),
        gold_cited=recall(question.gold, given.cited),
        calls=given.calls,
        prompt_tokens=given.prompt_tokens,
        completion_tokens=given.completion_tokens,
        seconds=given.seconds,
        within_caps=float(given.calls <= CALLS and given.seconds <= seconds),
    )


def _outcome(
    ask: Ask, questions: Sequence[Answered], found: Mapping[Arm, Mapping[str, Row]], ungraded: int
) -> Outcome:
    """Over the questions that every arm was asked, so that the arms stand side by side."""
    shared = [q.id for q in questions if all(q.id in found[arm] for arm in ask.arms)]
    asked = {arm: [found[arm][id] for id in shared] for arm in ask.arms}
    metrics: dict[str, Metric] = {}
    for arm, rows in asked.items():
        for measure in MEASURES:
            metrics[f"{arm}.{measure}"] = mean(
                [value for row in rows if (value := row.value(measure)) is not None]
            )
        metrics[f"{arm}.calls_max"] = Metric(max((float(row.calls) for row in rows), default=None))
        metrics[f"{arm}.seconds_max"] = Metric(max((row.seconds for row in rows), default=None))
        for dataset in sorted({row.dataset for row in rows}):
            metrics[f"{arm}.{dataset}.f1"] = mean(
                [row.f1 for row in rows if row.dataset == dataset]
            )
    for base in BASELINES:
        for arm in ask.arms[ask.arms.index(base) + 1 :] if base in ask.arms else ():
            pairs = list(zip(asked[arm], asked[base], strict=True))
            metrics[f"{arm}-{base}.f1"] = mean([one.f1 - other.f1 for one, other in pairs])
            metrics[f"{arm}-{base}.f1_strict"] = mean(
                [one.f1_strict - other.f1 for one, other in pairs]
            )
            metrics[f"{arm}-{base}.em"] = mean([one.em - other.em for one, other in pairs])
    every = [row for rows in asked.values() for row in rows]
    usage = Usage(
        model_calls=sum(row.calls for row in every),
        prompt_tokens=sum(row.prompt_tokens for row in every),
        completion_tokens=sum(row.completion_tokens for row in every),
        seconds=round(sum(row.seconds for row in every), 2),
    )
    return Outcome("qa", ask.label, len(questions), ungraded, metrics, usage)


def _keep(path: Path, ask: Ask, outcome: Outcome) -> None:
    config = {
        "arms": ask.arms,
        "limit": ask.limit,
        "skip": ask.skip,
        "calls": CALLS,
        "seconds": ask.seconds,
    }
    path.write_text(
        json.dumps({**outcome.as_dict(), "config": config}, ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )


def table(arms: Sequence[Arm], outcome: Outcome) -> str:
    """The figures in Markdown: a row an arm, then the paired differences with their intervals."""
    columns = (*TOLD, "seconds_max")
    lines = ["| arm | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    lines += [
        "| "
        + " | ".join([arm, *(_shown(outcome.metrics[f"{arm}.{c}"], c) for c in columns)])
        + " |"
        for arm in arms
    ]
    differences = [(name, metric) for name, metric in outcome.metrics.items() if "-" in name]
    lines += (
        ["", "| paired difference | value | 95 % interval |", "|---|---|---|"]
        if differences
        else []
    )
    lines += [
        f"| {name} | {_number(m.value)} | {_number(m.low)} to {_number(m.high)} |"
        for name, m in differences
    ]
    return "\n".join(lines)


def _shown(metric: Metric, column: str) -> str:
    if column in ("calls", "prompt_tokens", "seconds", "seconds_max"):
        return "–" if metric.value is None else f"{metric.value:.{1 if column == 'calls' else 0}f}"
    interval = (
        f" ({_number(metric.low)}–{_number(metric.high)})"
        if column == "f1" and metric.low is not None
        else ""
    )
    return _number(metric.value) + interval


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
