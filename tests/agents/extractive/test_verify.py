"""What a verify agent brings: who else says it in nearly the same words, and what contradicts it.
No verdict of a model."""

from typing import Any

from agents.extractive.verify import verify

from research.domain import Feedback, Ledger, Line, Observation, Step, Task, Trajectory
from research.ledger import merging as ledger
from research.store.database import Store
from tests.agents.written import Desk, desk, models

DEPTH = "The depth of the Kestrel Trench is 7,420 metres."
AGAIN = "The depth of the Kestrel Trench is 7,420 metres in all."
OTHER = "The depth of the Kestrel Trench is 7,510 metres by the chart."


async def seen_by(known: Desk, *pages: int) -> None:
    """An agent of the run was shown every sentence of these pages."""
    readings = list(known.bindings.readings.values())
    lines = []
    for page in pages:
        reading = readings[page - 1]
        snapshot = known.bindings.snapshots[reading.snapshot_id]
        for index in range(len(snapshot.sentences)):
            about = {
                "reading_id": reading.id,
                "snapshot_id": snapshot.id,
                "index": index,
                "text": snapshot.sentence(index),
            }
            lines.append(Line(number=len(lines) + 1, **about))
    await known.run.records.put_trajectory(
        Trajectory(task=Task(id="s", role="search", goal="g")), open=True
    )
    await known.run.records.put_step(
        "s", Step(index=0, tool="look"), Observation(id="s:0", text="", lines=tuple(lines))
    )


async def verified(known: Desk, *numbers: int) -> Feedback:
    """What an agent brings that was sent to verify these claims of the desk, as if nobody had
    looked at them."""
    claims = [
        known.ledger.claims[n - 1].model_copy(update={"reason": "", "verdict": "insufficient"})
        for n in numbers
    ]
    task = Task(id="v", role="verify", goal="g", claims=tuple(claim.id for claim in claims))

    def answers(properties: dict[str, Any], prompt: str) -> dict[str, Any]:
        assert all(
            name.startswith("P") for name in properties
        )  # pairs are compared, nothing is judged
        return dict.fromkeys(properties, "yes")

    return await verify(
        known.run,
        models(answers, embedded=True),
        Trajectory(task=task),
        Ledger(claims=tuple(claims)),
    )


async def test_a_claim_holds_by_its_own_words_and_another_site_that_says_the_same_is_counted(
    store: Store,
) -> None:
    known = await desk(store, DEPTH, AGAIN)
    await seen_by(known, 1, 2)
    (claim,) = (await verified(known, 1)).claims
    assert (claim.verdict, claim.reason) == (
        "supported",
        "said by 2 independent sites (example1.org, example2.org)",
    )
    assert len(claim.evidence) == 2


async def test_another_figure_for_the_same_thing_is_told_with_both_quotes(store: Store) -> None:
    known = await desk(store, DEPTH, OTHER)
    await seen_by(known, 1, 2)
    found = await verified(known, 1)
    (dispute,) = found.contradictions
    assert sorted(quote.quote for side in dispute.sides for quote in side.evidence) == [
        DEPTH,
        OTHER,
    ]
    assert [
        claim.verdict for claim in ledger.contested(ledger.merge(Ledger(), [found])).claims
    ] == ["contested"]


async def test_documents_of_a_library_are_counted_one_by_one(store: Store) -> None:
    known = await desk(
        store, DEPTH, AGAIN, pages={1: "library://own/trench.md", 2: "library://own/gauge.md"}
    )
    await seen_by(known, 1, 2)
    (claim,) = (await verified(known, 1)).claims
    assert (claim.reason, len(claim.evidence)) == ("said by 2 independent documents", 2)
