"""Inferences rest on premises and a warrant; a count of sources is made by code, of members that say it."""

from typing import Any

from agents.analyse import analyse
from research.store import Store
from research.types import Inference
from tests.agents.written import PLAN, desk, models

LONG = " ".join(f"Station {n} of the cruise lay on another ridge and was sounded by wire at dawn." for n in range(1, 9))


async def concluded(
    store: Store, answer: dict[str, Any], *texts: str, denied: str = "no such words", pages: dict[int, str] | None = None
) -> list[Inference]:
    known = await desk(store, *texts, pages=pages)

    def answers(properties: dict[str, Any], prompt: str) -> dict[str, Any] | None:
        if "inferences" in properties:
            return {"inferences": [], "counts": [], **answer}
        if "S1" in properties:
            parts = prompt.split("\nS")
            words = {name: "unsupported" if denied in parts[int(name[1:])] else "supported" for name in properties}
            return {name: {"reason": "", "verdict": word} for name, word in words.items()}
        return None

    after, _ = await analyse(known.run, models(answers), known.ledger, PLAN)
    return list(after.inferences)


SAYS = ["The trench is cold.", "The water of the trench is cold.", "The trench is warm."]


async def test_the_count_is_of_independent_sources_that_say_it(store: Store) -> None:
    counts = [{"text": "The trench is cold", "claims": [1, 2], "others": [3]}]
    (one,) = await concluded(store, {"counts": counts}, *SAYS)
    assert (one.kind, one.text, one.premises) == (
        "synthesis",
        "Two of three independent sources compared say: The trench is cold.",
        ("c1", "c2"),
    )


async def test_a_member_that_does_not_say_it_is_not_counted(store: Store) -> None:
    counts = [{"text": "The trench is cold", "claims": [1, 2, 3, 99]}]
    (one,) = await concluded(store, {"counts": counts}, *SAYS, denied="warm")
    assert one.text.startswith("Two of three")
    assert one.premises == ("c1", "c2")
    assert await concluded(store, {"counts": [{"text": "The trench is cold", "claims": [1, 3]}]}, *SAYS, denied="warm") == []


async def test_near_copies_count_once(store: Store) -> None:
    counts = [{"text": "It was sounded by wire", "claims": [1, 9]}]
    assert await concluded(store, {"counts": counts}, LONG, LONG + " Reprinted with leave.") == []


async def test_two_pages_of_one_site_count_once(store: Store) -> None:
    counts = [{"text": "The trench is cold", "claims": [1, 2], "others": [3]}]
    pages = {1: "https://www.harbour.co.uk/a", 2: "https://news.harbour.co.uk/b"}
    assert await concluded(store, {"counts": counts}, *SAYS, pages=pages) == []
    assert len(await concluded(store, {"counts": counts}, *SAYS, pages={**pages, 2: "https://port.co.uk/b"})) == 1


async def test_an_inference_brings_nothing_of_its_own(store: Store) -> None:
    sound = {"text": "The trench is unfit for swimming.", "claims": [1, 2], "warrant": "Both call it cold.", "confidence": "medium"}
    bad = [
        {**sound, "text": "The trench is at 4 degrees."},
        {**sound, "text": "So the trench is like the Falcon Trench."},
        {**sound, "warrant": "All 12 texts call it cold."},
        {**sound, "warrant": ""},
        {**sound, "claims": [1, 99]},
        {**sound, "text": "The trench is cold."},
    ]
    for wrong in bad:
        assert await concluded(store, {"inferences": [wrong]}, *SAYS) == []
    (one,) = await concluded(store, {"inferences": [sound]}, *SAYS)
    assert (one.kind, one.premises, one.warrant) == ("inference", ("c1", "c2"), "Both call it cold.")


async def test_what_is_certain_is_told_though_the_budget_draws_no_more(store: Store) -> None:
    known = await desk(store, "The depth of the Kestrel Trench is 7,420 metres.", "The depth of the Kestrel Trench is 7,510 metres.")
    known.run.budget.limits = known.run.budget.limits.model_copy(update={"calls": 0})
    unlooked = known.ledger.model_copy(update={"claims": tuple(c.model_copy(update={"reason": ""}) for c in known.ledger.claims)})
    after, _ = await analyse(known.run, models(lambda *_: None), unlooked, PLAN)
    (dispute,) = after.contradictions
    assert after.inferences == ()
    assert {figure for side in dispute.sides for figure in ("7,420", "7,510") if figure in side.text} == {"7,420", "7,510"}
    assert "analyse" in await store.floors(known.run.job.id)
