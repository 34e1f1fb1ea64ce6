"""What an outline has looked up in the whole text of what was read."""

from agents.models import ScriptedModels
from agents.writing import steps
from agents.writing.lookups import looked_up
from research.domain import Outline
from research.store.database import Store
from research.store.documents import documents
from tests.agents.writing.desks import PLAN, Crew
from tests.agents.written import desk

FILLER = " ".join(f"On day {n} the crew logged calm water and a steady wind." for n in range(7_000))
DETAIL = "The pressure gauge is calibrated every 14 days."
LONG = f"The trench is 7,420 metres deep. {FILLER} {DETAIL} The log ends here."


class Reader(Crew):
    """A writer whose prompts are kept."""

    asked = ""

    def answer(self, role, messages, schema):  # type: ignore[no-untyped-def]
        self.asked = "\n".join(message["content"] for message in messages)
        return "# Depth\n\nIt is deep {c1}."


async def prompt_of(store: Store, outline: Outline) -> str:
    known = await desk(store, LONG)
    ledger = known.ledger.model_copy(update={"claims": known.ledger.claims[:1]})
    crew = Reader()
    await steps.write(known.run, ScriptedModels(crew.answer), ledger, PLAN, outline)
    return crew.asked


async def test_the_writer_is_shown_what_its_outline_had_looked_up(store: Store) -> None:
    assert DETAIL not in await prompt_of(store, Outline())
    asked = await prompt_of(store, Outline(lookups=("how often the pressure gauge is calibrated",)))
    index, _, more = asked.partition("More passages, looked up for the outline")
    assert DETAIL in more and DETAIL not in index
    assert "[d1.1]" in index


async def test_outline_and_writer_are_shown_what_was_looked_up_for_the_parts(store: Store) -> None:
    known = await desk(store, LONG)
    ledger = known.ledger.model_copy(update={"claims": known.ledger.claims[:1]})
    plan = PLAN.model_copy(update={"must_contain": ("how the pressure gauge is calibrated",)})
    crew = Reader()
    for step in (steps.outline, steps.write):
        own = (Outline(),) if step is steps.write else ()
        await step(known.run, ScriptedModels(crew.answer), ledger, plan, *own)  # type: ignore[operator]
        _, _, more = crew.asked.partition("More passages, looked up for the parts of the answer")
        assert DETAIL in more


async def test_what_is_shown_already_is_not_looked_up_again_and_room_is_kept(store: Store) -> None:
    known = await desk(store, LONG)
    read = await documents(store, known.run.job)
    queries = ["pressure gauge calibrated", "no such word anywhere xyzzy"]
    found = looked_up(read, queries, {}, 1_000)
    places = next(
        place
        for place in found[1]
        if DETAIL in read.get(1).snapshot.sentence(place)  # type: ignore[union-attr]
    )
    again = looked_up(read, queries, {1: found[1]}, 1_000)
    assert places not in again.get(1, [])
    assert looked_up(read, queries, {}, 3) == {}
    assert looked_up(read, [], {}, 1_000) == {}
