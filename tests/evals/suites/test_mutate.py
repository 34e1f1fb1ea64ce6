"""The command *mutate*: how statements are made false, and what the gates make of them."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agents.models import Message, ScriptedModels
from agents.writing import reading
from agents.writing.desk import desk as desk_of
from evals.errors import ReportUnreadable
from evals.falsehoods.mutations import WAYS, Material, Told, Way, mutants, names
from evals.subjects.systems import read_report
from evals.suites import mutate as suite
from research.domain import Draft, Outline, Quote
from research.domain.report import Report
from research.errors import SettingsError
from research.settings import Settings, load_settings
from research.store.database import Store
from tests.agents.written import PLAN, Desk, desk

PAGES = (
    "Kestrel Fund raised $46.9 million in 2024. It is only open to residents of Norrby.",
    "Osprey Fund raised $12.4 million in 2024. According to its draft report it will close in May 2026.",
    "Kestrel Fund had raised $31.2 million in 2021. Merlin Bank holds 55 % of it.",
)
MARKDOWN = """# Funds

## Money

Kestrel Fund raised $46.9 million in 2024 {d1.1}. Osprey Fund raised $12.4 million in 2024 {d2.1}.
According to its draft report, Osprey Fund will close in May 2026 {d2.2}.

## Shape

| fund | open to | owner |
|---|---|---|
| Kestrel Fund | only residents of Norrby {d1.2} | Merlin Bank, with 55 % {d3.2} |
"""


def quote(text: str, snapshot: str = "a") -> Quote:
    return Quote(reading_id="r", snapshot_id=snapshot, spans=((0, len(text)),), quote=text)


def told(text: str, id: str = "1.1.1") -> Told:
    return Told(id, text, "fact", (quote(text),))


@pytest.mark.parametrize(
    ("way", "text", "expected"),
    [
        ("subject", "Kestrel Fund raised $3 million.", "Osprey Fund raised $3 million."),
        ("qualifier", "The fund opens only to residents.", "The fund opens to residents."),
        (
            "qualifier",
            "Members may leave the fund at once, unless they owe money.",
            "Members may leave the fund at once.",
        ),
        ("qualifier", "According to Osprey, the fund is quite safe.", "The fund is quite safe."),
        ("qualifier", "如果利率上升，该基金将在五月关闭。", "该基金将在五月关闭。"),
        ("stale", "Kestrel Fund raised $46.9 million.", "Kestrel Fund raised $31.2 million."),
        ("stale", "Merlin Bank holds 55 % of it.", "Merlin Bank holds 61 % of it."),
        ("negation", "It is open.", "It is not open."),
        ("negation", "It is not open.", "It is open."),
        ("negation", "It supports retries.", "It does not support retries."),
        ("negation", "Sales rose.", "Sales fell."),
        ("negation", "−3.2 %", "3.2 %"),
        ("negation", "它支持重试。", "它不支持重试。"),
    ],
)
def test_a_statement_is_made_false(way: Way, text: str, expected: str) -> None:
    others = {"1.1.1": ["The fund had raised $31.2 million.", "It holds 61 %."]}
    material = Material(("Kestrel Fund", "Osprey Fund"), (), others)
    mutant = WAYS[way](told(text), material, Random(1))
    assert mutant is not None
    assert (mutant.text, mutant.evidence) == (expected, told(text).evidence)


@pytest.mark.parametrize("way", ["subject", "qualifier", "stale", "source", "figure", "negation"])
def test_what_offers_nothing_is_left(way: Way) -> None:
    assert WAYS[way](told("Wind blows."), Material(), Random(1)) is None


def test_a_source_is_another_one_on_the_matter() -> None:
    near, far = quote("Osprey raised money.", "b"), quote("Rain fell.", "b")
    mutant = WAYS["source"](
        told("Kestrel raised money."),
        Material(quotes=(near, far, quote("Kestrel.", "a"))),
        Random(1),
    )
    assert mutant is not None
    assert mutant.evidence[0] in (near, far)


def test_names_are_not_the_first_words_of_sentences() -> None:
    texts = [
        "Money came from Kestrel Fund in May.",
        "The Osprey Fund has money.",
        "According to it, more.",
    ]
    assert names(texts, ["run_at"]) == ("Kestrel Fund", "Osprey Fund", "run_at")


def test_mutants_take_the_ways_in_turn_and_are_the_same_by_seed() -> None:
    statements = [
        told(f"Fund {n} is worth up to $ {n} million in 2024.", f"1.1.{n}") for n in range(10, 30)
    ]
    made = mutants(statements, Material(), count=9, seed=3)
    assert Counter(one.way for one in made) == {"qualifier": 3, "figure": 3, "negation": 3}
    assert len({one.told.id for one in made}) == 9
    assert made == mutants(statements, Material(), count=9, seed=3)
    assert made != mutants(statements, Material(), count=9, seed=4)


# A whole report


async def stored(store: Store, tmp_path: Path) -> tuple[Desk, Path]:
    """A report in the database of its run, and as a file."""
    made = await desk(store, *PAGES)
    lying = await desk_of(made.run, ScriptedModels(fussy), made.ledger, PLAN, Outline())
    written = reading.read(MARKDOWN, lying.resolver)
    supported = [_supported(section) for section in written.sections]
    report = made.bound(Draft(title=written.title, sections=tuple(supported)))
    await made.run.records.finish(report, made.ledger)
    path = tmp_path / "report.json"
    path.write_text(report.model_dump_json(by_alias=True))
    return made, path


def _supported(section: Any) -> Any:
    text = section.model_dump_json(by_alias=True).replace('"verdict":null', '"verdict":"supported"')
    return type(section).model_validate_json(text)


def fussy(role: Any, messages: Sequence[Message], schema: dict[str, Any]) -> dict[str, Any]:
    """A judge that accepts nothing but what stands in the quotes."""
    shown = messages[-1]["content"]
    ids = schema["properties"]["verdicts"]["items"]["properties"]["id"]["enum"]
    lines = [
        line.removeprefix("statement: ")
        for line in shown.split("\n")
        if line.startswith("statement: ")
    ]
    said = dict(
        zip(
            ids,
            [line.removeprefix("open to: ").removeprefix("owner: ") for line in lines],
            strict=True,
        )
    )
    true = {id for id in ids if any(said[id].rstrip(".") in one for one in (MARKDOWN, *PAGES))}
    return {
        "verdicts": [
            {"id": id, "missing": "", "verdict": "supported" if id in true else "unsupported"}
            for id in ids
        ]
    }


async def test_the_statements_of_a_report(store: Store, tmp_path: Path) -> None:
    _, path = await stored(store, tmp_path)
    found = suite.statements(read_report(path))
    assert [(one.id, one.text) for one in found][:1] == [
        ("1.1.1", "Kestrel Fund raised $46.9 million in 2024.")
    ]
    assert found[1].context == "Money · Kestrel Fund raised $46.9 million in 2024."
    assert [(one.head, one.context) for one in found][-1] == ("owner", "Shape · row: Kestrel Fund")
    assert found[-1].quotes[0].quote == "Merlin Bank holds 55 % of it."


async def test_mutants_and_controls_go_through_the_gates(
    store: Store, tmp_path: Path, settings: Settings
) -> None:
    _, path = await stored(store, tmp_path)
    report = read_report(path)
    known = await suite._known(report, settings, path)
    cases = suite.drawn(report, known, suite.Ask(path, tmp_path, seed=2, count=6, controls=3))
    judged, cost = await suite.judge(cases, known, ScriptedModels(fussy))
    found = suite.summary(judged)
    assert found["mutants"]["n"] == 6
    assert found["ways"]["figure"] == {"n": 1, "code": 1, "judge": 0, "supported": 0, "ungraded": 0}
    assert found["ways"]["subject"]["judge"] == 1
    assert found["controls"]["n"] == 3
    assert cost.model_calls == 1
    assert judged == (await suite.judge(cases, known, ScriptedModels(fussy)))[0]
    metrics = suite.measure(judged)
    assert metrics["caught.figure"].value == 1.0
    assert json.loads(json.dumps(judged[0].as_dict()))["by"] in ("code", "judge", "nobody")


async def test_one_that_gets_no_word_is_ungraded(
    store: Store, tmp_path: Path, settings: Settings
) -> None:
    _, path = await stored(store, tmp_path)
    known = await suite._known(read_report(path), settings, path)
    (one, *_) = suite.statements(read_report(path))
    silent = ScriptedModels(lambda role, messages, schema: {"verdicts": []})
    ((case,), _) = await suite.judge([suite.Case(one, one.text, one.evidence)], known, silent)
    assert case.by == "ungraded"
    assert suite.measure([case])["false_alarms"].value is None


async def test_without_a_judge_or_the_texts_it_is_refused(
    store: Store, tmp_path: Path, settings: Settings
) -> None:
    _, path = await stored(store, tmp_path)
    with pytest.raises(SettingsError):
        await suite.perform(suite.Ask(path, tmp_path), settings, tell=lambda _: None)
    report = Report.model_validate_json(path.read_bytes())
    elsewhere = report.sources[0].model_copy(update={"snapshot_id": "0" * 64})
    with pytest.raises(ReportUnreadable):
        await suite._known(
            report.model_copy(update={"sources": (elsewhere,)}), load_settings(), path
        )
