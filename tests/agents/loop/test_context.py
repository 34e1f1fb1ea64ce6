"""Where a history is cut, what is left of it, and that it looks the same whenever it is rendered."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.loop.context import Policy, due, planned, policy_for
from agents.loop.history import visible
from agents.models import Action, Message, ScriptedModels
from agents.models.scripted import Scripted
from research.domain import BudgetLimits, Language, Role, Step
from research.errors import ContextOverflow
from research.settings import Settings, Strategy, load_settings
from research.store.database import Store
from tests.agents.crews import ask, by_rule

QUESTION = "How deep is the Kestrel Trench?"
DEPTH = "The depth of the Kestrel Trench is 7,420 metres. The trench lies in the cold north.\n"


def turns(*sizes: int, calls: int = 2) -> tuple[list[Step], list[Message]]:
    """Steps and messages of turns of about so many tokens, several calls each."""
    steps: list[Step] = []
    shown = [Message(role="system", content="s"), Message(role="user", content="Goal: depth")]
    for turn, tokens in enumerate(sizes):
        for _ in range(calls):
            steps.append(
                Step(index=len(steps), turn=turn, tool="look", observation_id=f"o{len(steps)}")
            )
        made = (Action("", "look", {}),) * calls
        shown.append(Message(role="assistant", content="", calls=made, turn=turn))
        given = Message(role="tool", content="word" * (tokens // calls), turn=turn)
        shown += [given] * calls
    return steps, shown


def after(policy: Policy, steps: list[Step], shown: list[Message]) -> list[int]:
    """The turns that are left after a cut, each with all of its calls."""
    cut = planned(policy, steps, shown, "size").model_copy(update={"observation_id": "c"})
    left = visible([*steps, cut])
    assert all(
        sum(s.turn == step.turn for s in left) == sum(s.turn == step.turn for s in steps)
        for step in left
    )
    return list(dict.fromkeys(step.turn for step in left))


def test_keep_last_keeps_the_first_turn_and_the_last_ones() -> None:
    policy = Policy("keep_last", 4_000)
    assert after(policy, *turns(500, 900, 900, 900, 400, 400, 400)) == [0, 4, 5, 6]
    assert after(policy, *turns(500, 900, 900, 900, 900, 900)) == [0, 5]
    assert after(policy, *turns(1_900, 900, 900, 900)) == [3]
    assert after(policy, *turns(500, 5_000)) == []


@pytest.mark.parametrize("strategy", ["discard_all", "summary"])
def test_the_others_keep_no_turn(strategy: Strategy) -> None:
    assert after(Policy(strategy, 4_000), *turns(500, 900, 900, 900, 900)) == []


def test_a_cut_is_due_above_the_threshold_and_never_twice_in_a_row() -> None:
    steps, shown = turns(2_000, 2_000)
    assert due(Policy("discard_all", 3_000), steps, shown)
    assert not due(Policy("discard_all", 5_000), steps, shown)
    assert not due(Policy("none", 3_000), steps, shown)
    cut = planned(Policy("discard_all", 3_000), steps, shown, "size")
    assert not due(Policy("discard_all", 3_000), [*steps, cut], shown)
    assert cut.turn == steps[-1].turn


@pytest.mark.parametrize(("language", "threshold"), [("en", 72_000), ("zh", 41_000)])
def test_the_threshold_is_the_languages_clipped_to_the_models_window(
    language: Language, threshold: int
) -> None:
    own: dict[str, Any] = {"model": "m", "model_base_url": "http://127.0.0.1:9/v1"}
    assert policy_for(load_settings(**own), "search", language) == Policy("discard_all", threshold)
    assert (
        policy_for(load_settings(**own, model_window=32_000), "search", language).threshold
        == 28_000
    )
    roles = {"verify": {"context_tokens": 9_000, "context": "summary"}}
    assert policy_for(load_settings(**own, roles=roles), "verify", language) == Policy(
        "summary", 9_000
    )
    assert policy_for(load_settings(**own, roles=roles), "search", language) == Policy(
        "discard_all", threshold
    )


def test_a_role_is_set_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_CONTEXT", "keep_last")
    monkeypatch.setenv("LEADLINE_CONTEXT_TOKENS__SEARCH", "5000")
    monkeypatch.setenv("LEADLINE_MODEL__SEARCH", "m")
    monkeypatch.setenv("LEADLINE_MODEL_BASE_URL__SEARCH", "http://127.0.0.1:9/v1")
    assert policy_for(load_settings(), "search", "en") == Policy("keep_last", 5_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    library = tmp_path / "library"
    library.mkdir()
    (library / "trench.md").write_text(f"# The trench\n\n{DEPTH}", encoding="utf-8")
    (library / "fish.txt").write_text("Herring is eaten with onions.\n", encoding="utf-8")
    return library


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources are searched, however small they are."""

    async def never(*_: object) -> bool:
        return False

    monkeypatch.setattr("agents.crew.fits_whole", never)


@pytest.mark.usefixtures("searched")
async def test_an_overflow_is_recovered_once_and_the_rest_is_the_floors(
    store: Store, settings: Settings, folder: Path
) -> None:
    told: list[list[str]] = []

    def overflowing(role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> Scripted:
        if role == "search":
            told.append([message["content"] for message in messages])
            if len(messages) > 2 or len(told) > 2:
                return ContextOverflow(model="m", reason="too long")
        return by_rule(role, messages, schema)

    budget = BudgetLimits(tokens=100_000)
    report = await ask(
        store, settings, folder, QUESTION, ScriptedModels(overflowing), mode="react", budget=budget
    )
    assert report.status == "complete"
    assert report.floors == ("search",)
    assert [len(messages) for messages in told] == [2, 4, 2]
    assert "d1.1" in told[2][1] and "batch_web_surfer with read" in told[2][1]
    assert "[The trench]" in told[2][1]
    [cut] = [event for event in await store.events(report.id) if event.type == "context"]
    assert (cut.data["strategy"], cut.data["reason"]) == ("discard_all", "overflow")


@pytest.mark.usefixtures("searched")
async def test_one_agent_has_a_share_of_the_tokens(
    store: Store, settings: Settings, folder: Path
) -> None:
    def tireless(role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> Scripted:
        if "anyOf" in schema:
            return {
                "thought": "",
                "tool": "batch_web_surfer",
                "arguments": {"queries": [f"trench {len(messages)}"]},
            }
        return by_rule(role, messages, schema)

    limits = BudgetLimits(tokens=60_000)
    report = await ask(
        store,
        settings,
        folder,
        QUESTION,
        ScriptedModels(tireless),
        mode="react",
        effort="deep",
        budget=limits,
    )
    [(row, _)] = await store.trajectories(report.id)
    assert row.outcome == "stopped"
    assert "tokens for one agent" in row.reason
    spent = sum(
        call.prompt_tokens + call.completion_tokens
        for call in await store.model_calls(report.id)
        if call.task_id == row.task_id
    )
    assert 5_000 < spent <= row.task["tokens"] <= 42_000
    assert report.status == "complete"


@pytest.mark.usefixtures("searched")
async def test_an_agent_whose_endpoint_caches_gets_further(
    store: Store, settings: Settings, folder: Path
) -> None:
    def tireless(role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> Scripted:
        if "anyOf" in schema:
            return {
                "thought": "",
                "tool": "batch_web_surfer",
                "arguments": {"queries": [f"trench {len(messages)}"]},
            }
        return by_rule(role, messages, schema)

    async def turns(cached: float) -> int:
        limits = BudgetLimits(tokens=60_000)
        models = ScriptedModels(tireless, cached=cached)
        report = await ask(
            store, settings, folder, QUESTION, models, mode="react", effort="deep", budget=limits
        )
        [(row, steps)] = await store.trajectories(report.id)
        assert "tokens for one agent" in row.reason
        return len(steps)

    assert await turns(0) < await turns(0.9)


@pytest.mark.usefixtures("searched")
async def test_what_an_agent_says_it_found_is_kept(
    store: Store, settings: Settings, folder: Path
) -> None:
    def finishing(role: Role, messages: Sequence[Message], schema: dict[str, Any]) -> Scripted:
        answer = by_rule(role, messages, schema)
        if isinstance(answer, dict) and answer.get("tool") == "finish":
            answer["arguments"] = {"findings": "It is 7,420 metres deep."}
        return answer

    report = await ask(store, settings, folder, QUESTION, ScriptedModels(finishing), mode="react")
    [(row, steps)] = await store.trajectories(report.id)
    assert steps[-1].arguments == {"findings": "It is 7,420 metres deep."}
    assert row.outcome == "finished"
    [ended] = [event for event in await store.events(report.id) if event.type == "agent.finished"]
    assert ended.data["findings"] == "It is 7,420 metres deep."
