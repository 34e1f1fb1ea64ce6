"""The suite *citations*: whether stored reports hold what they promise, from their JSON and the
texts that were read.

`integrity` is the share of quotes that are their snapshot's words and cite their own source;
`precision` and `coverage` are those of the Report, from its sentences; `violations` counts what
`graders/invariants.py` finds. A report none of whose texts is at hand is ungraded in `integrity`.
Not here: whether a quote supports its sentence.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.errors import ReportUnreadable
from evals.graders import invariants, walking
from evals.graders.scores import Metric, Outcome, ratio
from evals.subjects.systems import read_report
from research.domain.report import CitedQuote, Report, Usage
from research.errors import JobNotFound, ReportMissing
from research.ledger.follow_up import readings_of
from research.reporting.bind import render
from research.store.database import Store

Tell = Callable[[str], None]
Unit = tuple[float, float]


@dataclass(frozen=True)
class Case:
    """A report with the texts that its evidence points into. `readings` are those that its job may
    cite, its own and those of the jobs it follows up: snapshot ids by reading id."""

    name: str
    report: Report
    snapshots: Mapping[str, str]
    readings: Mapping[str, str]


class SourceText(BaseModel):
    """What is needed of a Source JSON."""

    model_config = ConfigDict(frozen=True)

    reading_id: str
    snapshot_id: str
    text: str


# Gathering


async def gather(names: Sequence[str], url: str, snapshots: Path | None) -> list[Case]:
    """The reports by path or id. The database is opened only for what is in no file.

    Raises `ReportUnreadable`, `JobNotFound`, `ReportMissing`."""
    given = read_sources(snapshots) if snapshots else None
    async with AsyncExitStack() as stack:
        store: Store | None = None
        cases = []
        for name in names:
            in_file = _is_path(name)
            if store is None and not (in_file and given is not None):
                store = await stack.enter_async_context(Store.open(url))
            cases.append(
                await _case(name, read_report(Path(name)) if in_file else None, store, given)
            )
        return cases


def _is_path(name: str) -> bool:
    return Path(name).suffix == ".json" or "/" in name or Path(name).is_file()


async def _case(
    name: str, report: Report | None, store: Store | None, given: Sequence[SourceText] | None
) -> Case:
    if report is None:
        assert store is not None  # it was opened for a report that is in no file
        report = await store.report(name)
        if report is None:
            raise ReportMissing(job_id=name, status=(await store.job(name)).status)
    if given is not None:
        return Case(
            name,
            report,
            {s.snapshot_id: s.text for s in given},
            {s.reading_id: s.snapshot_id for s in given},
        )
    assert store is not None  # it was opened for texts that are in no file
    quotes = [
        e
        for evidence in walking.all_evidence(report)
        for e in evidence
        if isinstance(e, CitedQuote)
    ]
    wanted = {quote.snapshot_id for quote in quotes} | {
        source.snapshot_id for source in report.sources
    }
    texts = {found.id: found.text for found in (await store.snapshots(sorted(wanted))).values()}
    try:
        read = await readings_of(store, await store.job(report.id))
    except JobNotFound:  # a report from elsewhere: its texts are not here either
        read = []
    readings = {reading.id: reading.snapshot_id for reading in read}
    return Case(name, report, texts, readings)


def read_sources(path: Path) -> list[SourceText]:
    """Source JSON from a file (one, a list, `items`, or one a line) or from all such files of a
    folder. Raises `ReportUnreadable`."""
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in (".json", ".jsonl"))
        return [source for file in files for source in read_sources(file)]
    try:
        return [
            SourceText.model_validate(item) for item in _items(path.read_text(encoding="utf-8"))
        ]
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ReportUnreadable(path=path, reason=str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ReportUnreadable(
            path=path, reason=f"it is no Source JSON: {place}: {first['msg']}"
        ) from error


def _items(text: str) -> Iterator[object]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError:
        yield from (json.loads(line) for line in text.split("\n") if line.strip())
        return
    if isinstance(data, dict) and isinstance(data.get("items"), list):
        data = data["items"]
    yield from data if isinstance(data, list) else [data]


# Grading


def run(cases: Sequence[Case], *, system: str, tell: Tell) -> Outcome:
    """Check each report and measure them together; with one report the intervals are over its
    quotes and sentences."""
    started = time.monotonic()
    found = 0
    integrity: list[list[Unit]] = []
    precision: list[list[Unit]] = []
    coverage: list[list[Unit]] = []
    for case in cases:
        wrong = invariants.violations(
            case.report, case.snapshots, readings=case.readings, render=render
        )
        found += len(wrong)
        checked = invariants.quote_faults(case.report, case.snapshots)
        here = not checked or any(quote.snapshot_id in case.snapshots for quote, _ in checked)
        if here:
            integrity.append([(float(not faults), 1.0) for _, faults in checked])
        needing = [s for s in walking.sentences_of(case.report) if invariants.needs_evidence(s)]
        coverage.append([(float(bool(s.evidence)), 1.0) for s in needing])
        precision.append([(float(s.verdict == "supported"), 1.0) for s in needing if s.evidence])
        for text in (
            wrong
            if here
            else [
                "ungraded: none of its snapshots is at hand; give them with --snapshots or --store",
                *wrong,
            ]
        ):
            tell(f"{case.name}: {text}")
    metrics = {
        "integrity": _pooled(integrity),
        "precision": _pooled(precision),
        "coverage": _pooled(coverage),
        "violations": Metric(float(found)),
    }
    usage = Usage(seconds=round(time.monotonic() - started, 2))
    return Outcome("citations", system, len(cases), len(cases) - len(integrity), metrics, usage)


def _pooled(reports: Sequence[Sequence[Unit]]) -> Metric:
    """The share over all reports. Parts of one report are alike, so the interval draws reports,
    where there is more than one."""
    if len(reports) == 1:
        return ratio(reports[0])
    return ratio(
        [(sum(above for above, _ in units), sum(below for _, below in units)) for units in reports]
    )
