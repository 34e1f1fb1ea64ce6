"""The command *mutate*: statements of a stored report made false, and others left as they are, put
before the gates of the product.

A mutant is caught by code, or by the judge that the settings choose, where either does not call it
supported; a control that is caught is a false alarm. What was read comes from the database of the
run. Not here: how statements are made false (`falsehoods/mutations.py`).
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Literal

from agents.judge.figures import Grounds, misses
from agents.judge.judging import Judge, Statement
from agents.judge.nearness import Nearness
from agents.models import Models
from agents.writing.desk import grounds_of
from agents.writing.review.statements import against
from evals.errors import ReportUnreadable
from evals.falsehoods.mutations import WAYS, Material, Mutant, Told, Way, mutants, names
from evals.graders.scores import Metric, Outcome, mean
from evals.subjects.apart import run_apart
from evals.subjects.systems import read_report
from research.domain import (
    Calculation,
    CalculationInput,
    Contradiction,
    DraftSentence,
    Evidence,
    Job,
    Ledger,
    Quote,
    SentenceKind,
)
from research.domain.report import (
    BulletList,
    CitedEvidence,
    Figure,
    Paragraph,
    Report,
    RoleUsage,
    Section,
    Sentence,
    Table,
    Usage,
)
from research.errors import SettingsError
from research.settings import Settings
from research.store.database import Store

Tell = Callable[[str], None]
By = Literal["code", "judge", "nobody", "ungraded"]
PROVEN: frozenset[SentenceKind] = frozenset({"fact", "attributed", "computed", "synthesis"})


@dataclass(frozen=True)
class Ask:
    """What is to be done; `controls` None are as many as mutants."""

    report: Path
    out: Path
    seed: int = 0
    count: int = 20
    controls: int | None = None


@dataclass(frozen=True)
class Known:
    """What is known of a report's job: what the gates need beside a statement."""

    job: Job
    ledger: Ledger
    grounds: Grounds


@dataclass(frozen=True)
class Case:
    """A statement before the gates: a mutant, or a control without a way. `by` says who did not
    call it supported."""

    told: Told
    text: str
    evidence: tuple[Evidence, ...]
    way: Way | None = None
    change: str = ""
    by: By = "nobody"
    why: str = ""

    @property
    def caught(self) -> bool:
        return self.by in ("code", "judge")

    def as_dict(self) -> dict[str, object]:
        quotes = [one.quote for one in self.evidence if isinstance(one, Quote)]
        about = {
            "statement": self.told.id,
            "way": self.way,
            "change": self.change,
            "by": self.by,
            "why": self.why,
        }
        shown = {
            "context": self.told.context,
            "column": self.told.head,
            "original": self.told.text,
            "text": self.text,
        }
        return {**about, **shown, "quotes": quotes}


async def perform(ask: Ask, settings: Settings, *, tell: Tell) -> Outcome:
    """Make mutants, put them and the controls before the gates, write what came of each. Raises
    `LeadlineError`."""
    begun = time.monotonic()
    if settings.embedded("judge"):
        raise SettingsError(
            name="LEADLINE_MODEL__JUDGE", reason="no model that can judge is chosen"
        )
    report = read_report(ask.report)
    known = await _known(report, settings, ask.report)
    cases = await asyncio.to_thread(drawn, report, known, ask)
    async with Models(settings, tell=tell) as models:
        judged, cost = await judge(cases, known, models)
        name = models.role("judge").name
    ask.out.mkdir(parents=True, exist_ok=True)
    told = {
        "report": report.id,
        "seed": ask.seed,
        "judge": name,
        **summary(judged),
        "items": [one.as_dict() for one in judged],
    }
    (ask.out / "mutations.json").write_text(
        json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    ungraded = sum(one.by == "ungraded" for one in judged)
    usage = Usage(
        **cost.model_dump(), seconds=round(time.monotonic() - begun, 2), by_role={"judge": cost}
    )
    return Outcome("mutate", name, len(judged), ungraded, measure(judged), usage)


async def _known(report: Report, settings: Settings, path: Path) -> Known:
    """What the run's database holds. Raises `JobNotFound`, and `ReportUnreadable` where a text that
    the report cites is not in it."""
    async with Store.open(settings.database) as store:
        job = await store.job(report.id)
        ledger = await store.ledger(report.id) or Ledger()
        known = Known(job, ledger, await grounds_of(store, job, ledger))
    absent = next(
        (
            one
            for one in report.sources
            if known.grounds.documents.of_snapshot(one.snapshot_id) is None
        ),
        None,
    )
    if absent:
        raise ReportUnreadable(
            path=path, reason=f"the database does not hold what it read at {absent.url}"
        )
    return known


# Statements


def statements(report: Report) -> list[Told]:
    """The statements of a report that rest on evidence and are told as supported, in reading
    order."""
    found = [*_run("answer", "", report.answer)]
    for n, section in enumerate(report.sections, 1):
        found += _of_section(f"{n}", section)
    return found


def _of_section(id: str, section: Section) -> Iterator[Told]:
    for m, block in enumerate(section.blocks, 1):
        match block:
            case Paragraph():
                yield from _run(f"{id}.{m}", section.heading, block.sentences)
            case BulletList():
                yield from _run(
                    f"{id}.{m}", section.heading, [s for item in block.items for s in item]
                )
            case Figure():
                yield from _run(f"{id}.{m}", section.heading, block.caption)
            case Table():
                yield from _cells(f"{id}.{m}", section.heading, block)


def _run(id: str, heading: str, sentences: Iterable[Sentence]) -> Iterator[Told]:
    before = ""
    for n, one in enumerate(sentences, 1):
        if _proven(one):
            context = " · ".join(filter(None, (heading, before)))
            yield Told(f"{id}.{n}", one.text, one.kind, uncited(one.evidence), context)
        before = one.text


def _cells(id: str, heading: str, table: Table) -> Iterator[Told]:
    for n, row in enumerate(table.rows, 1):
        for place, (head, cell) in enumerate(zip(table.header, row, strict=False)):
            if place and _proven(cell):
                yield Told(
                    f"{id}.{n}.{place}",
                    cell.text,
                    cell.kind,
                    uncited(cell.evidence),
                    f"{heading} · row: {row[0].text}",
                    head,
                )


def _proven(sentence: Sentence) -> bool:
    return sentence.kind in PROVEN and sentence.verdict == "supported" and bool(sentence.evidence)


def uncited(evidence: Iterable[CitedEvidence]) -> tuple[Evidence, ...]:
    """The evidence as a draft has it, without the numbers of sources."""
    return tuple(_uncited(one) for one in evidence)


def _uncited(one: CitedEvidence) -> Evidence:
    match one.type:
        case "quote":
            return Quote(**one.model_dump(include=set(Quote.model_fields)))
        case "calculation":
            inputs = tuple(CalculationInput(name=i.name, value=i.value) for i in one.inputs)
            return Calculation(**one.model_dump(exclude={"inputs"}), inputs=inputs)
        case _:
            return one


# Drawing


def drawn(report: Report, known: Known, ask: Ask) -> list[Case]:
    """Mutants and controls in an order that tells nothing; controls are statements without a mutant
    as long as there are any."""
    told = statements(report)
    made = mutants(told, _material(report, told, known), count=ask.count, seed=ask.seed)
    draw = Random(ask.seed)
    used = Counter(one.told.id for one in made)
    left = sorted(draw.sample(told, len(told)), key=lambda one: used[one.id])
    plain = [
        Case(one, one.text, one.evidence)
        for one in left[: ask.count if ask.controls is None else ask.controls]
    ]
    cases = [*map(_case, made), *plain]
    return draw.sample(cases, len(cases))


def _case(mutant: Mutant) -> Case:
    return Case(mutant.told, mutant.text, mutant.evidence, mutant.way, mutant.change)


def _material(report: Report, told: Sequence[Told], known: Known) -> Material:
    nearness = Nearness(known.grounds.documents)
    tables = [
        block for section in report.sections for block in section.blocks if isinstance(block, Table)
    ]
    rows = [row[0].text for table in tables for row in table.rows if row]
    others: dict[str, list[str]] = {}
    for one in told:
        opposed = against(_draft(one), known.ledger.contradictions)
        others[one.id] = [quote.quote for quote in (*opposed, *_near(one, nearness))]
    cited = tuple(dict.fromkeys(quote for one in told for quote in one.quotes))
    return Material(names([one.text for one in told], rows), cited, others)


def _near(told: Told, nearness: Nearness) -> Iterator[Quote]:
    """Sentences that come nearest to a statement, but for those it rests on."""
    own = {(one.snapshot_id, span) for one in told.quotes for span in one.spans}
    yield from (
        one
        for one in nearness.nearest(told.text)
        if not any((one.snapshot_id, span) in own for span in one.spans)
    )


def _draft(told: Told) -> DraftSentence:
    return DraftSentence(text=told.text, kind=told.kind, evidence=told.evidence)


# The gates


async def judge(
    cases: Sequence[Case], known: Known, models: Models
) -> tuple[list[Case], RoleUsage]:
    """Each case with who caught it: code first, and what that lets through the judge."""
    checked = await asyncio.to_thread(lambda: [_by_code(one, known.grounds) for one in cases])
    contradictions = known.ledger.contradictions
    places = [place for place, one in enumerate(checked) if one.by == "nobody"]
    async with run_apart(known.job.question) as run:
        asking = Judge(run, models, known.grounds, known.ledger.standings)
        verdicts = await asking.verdicts(
            [_statement(checked[place], contradictions) for place in places]
        )
        cost = run.budget.by_role.get("judge", RoleUsage())
    for place, verdict in zip(places, verdicts, strict=True):
        by: By = (
            "ungraded" if verdict is None else "nobody" if verdict.word == "supported" else "judge"
        )
        why = f"{verdict.word}: {verdict.missing}" if verdict else ""
        checked[place] = replace(checked[place], by=by, why=why)
    return checked, cost


def _by_code(case: Case, grounds: Grounds) -> Case:
    missed = misses(case.text, case.evidence, grounds)
    return replace(case, by="code", why="; ".join(missed)) if missed else case


def _statement(case: Case, contradictions: Sequence[Contradiction]) -> Statement:
    """A case as the judge is shown it: a cell alone, under the names of its row and column."""
    said = DraftSentence(text=case.text, kind=case.told.kind, evidence=case.evidence)
    others = against(said, contradictions)
    told = case.told
    if told.head:
        return Statement(f"{told.head}: {case.text}", "cell", told.context, case.evidence, others)
    return Statement(case.text, told.kind, told.context, case.evidence, others)


# Measuring


def summary(cases: Sequence[Case]) -> dict[str, Any]:
    """How many were caught by whom: of all mutants, of each way, of the controls."""
    made = [one for one in cases if one.way]
    ways = {way: _counted([one for one in made if one.way == way]) for way in WAYS}
    return {
        "mutants": _counted(made),
        "ways": ways,
        "controls": _counted([one for one in cases if not one.way]),
    }


def _counted(cases: Sequence[Case]) -> Mapping[str, int]:
    by = Counter(one.by for one in cases)
    return {
        "n": len(cases),
        "code": by["code"],
        "judge": by["judge"],
        "supported": by["nobody"],
        "ungraded": by["ungraded"],
    }


def measure(cases: Sequence[Case]) -> dict[str, Metric]:
    graded = [one for one in cases if one.by != "ungraded"]
    made = [one for one in graded if one.way]
    return {
        "caught": mean([float(one.caught) for one in made]),
        "caught_by_code": mean([float(one.by == "code") for one in made]),
        "caught_by_judge": mean([float(one.by == "judge") for one in made]),
        **{
            f"caught.{way}": mean([float(one.caught) for one in made if one.way == way])
            for way in WAYS
        },
        "false_alarms": mean([float(one.caught) for one in graded if not one.way]),
    }
