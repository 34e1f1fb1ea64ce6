"""A follow-up: what it starts from, what it may cite, what it leaves behind."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from agents.extractive.crew import inherit
from api.jobs.queueing import submit
from api.messages.requests import read_request
from research.crew import Crew, Run
from research.domain import (
    Claim,
    Contradiction,
    Job,
    Ledger,
    Plan,
    Quote,
    RunEvidence,
    Side,
    SourceChoice,
)
from research.errors import FollowUpRefused, PrivateParentRefused
from research.ledger.follow_up import handed_on, line_of, readings_of, renewed
from research.run import run_job
from research.settings import Settings
from research.store.database import Store
from research.store.tables import JobRow, LibraryRow
from tests.research.crews import Script, new_job, question, scripted


def claim(n: int, text: str, **more: Any) -> Claim:
    return Claim(
        id=f"c{n}",
        text=text,
        evidence=(quote(n, text),),
        verdict="supported",
        reason="said by one text",
        **more,
    )


def quote(n: int, text: str) -> Quote:
    return Quote(reading_id=f"r{n}", snapshot_id=f"s{n}", spans=((0, len(text)),), quote=text)


def watching(script: Script, seen: list[Ledger], **steps: Any) -> Crew:
    crew = scripted(script)

    async def plan(
        run: Run, ledger: Ledger, last: Plan | None, round: int, notes: Sequence[str] = ()
    ) -> Plan:
        seen.append(ledger)
        return await crew.plan(run, ledger, last, round, notes)

    return replace(crew, plan=plan, **steps)


async def done(job: Job, crew: Crew, store: Store, settings: Settings) -> Job:
    await run_job(await store.take(job.id, stale_seconds=15), crew, store, settings)
    return await store.job(job.id)


async def test_it_starts_from_the_ledger_before_and_cites_what_was_read_then(
    store: Store, settings: Settings
) -> None:
    seen: list[Ledger] = []
    first = await done(await new_job(store), scripted(Script(tasks=1)), store, settings)
    second = await done(
        await new_job(store, parent_id=first.id), watching(Script(tasks=0), seen), store, settings
    )
    third = await done(
        await new_job(store, parent_id=second.id), watching(Script(tasks=0), seen), store, settings
    )
    assert [c.id for c in seen[0].claims] == ["c1", "c2"]
    assert not seen[0].gaps and not seen[0].answers and not any(c.reason for c in seen[0].claims)
    assert [job.id for job in await line_of(store, third)] == [third.id, second.id, first.id]
    report = await store.report(third.id)
    assert report is not None and report.status == "complete"
    assert {source.reading_id for source in report.sources} == {
        reading.id for reading in await readings_of(store, third)
    }
    assert await store.readings(third.id) == []
    assert (report.usage.searches, report.usage.pages_read) == (0, 0)
    told = [event.data for event in await store.events(third.id) if event.type == "claims"]
    assert told[0]["total"] == 2


async def test_a_page_read_again_with_the_same_text_is_one_source(
    store: Store, settings: Settings
) -> None:
    first = await done(await new_job(store), scripted(Script(tasks=1)), store, settings)
    second = await done(
        await new_job(store, parent_id=first.id), scripted(Script(tasks=1)), store, settings
    )
    report = await store.report(second.id)
    assert report is not None
    assert [source.reading_id for source in report.sources] == [
        reading.id for reading in await store.readings(second.id)
    ]
    ledger = await store.ledger(second.id)
    assert ledger is not None and [c.id for c in ledger.claims] == ["c1", "c2"]


async def test_new_claims_are_numbered_on(store: Store, settings: Settings) -> None:
    first = await done(await new_job(store), scripted(Script(tasks=1)), store, settings)

    async def half(run: Run, left: Ledger) -> Ledger:
        return handed_on(left, left.claims[1:])

    second = await done(
        await new_job(store, parent_id=first.id),
        replace(scripted(Script(tasks=1)), inherit=half),
        store,
        settings,
    )
    ledger = await store.ledger(second.id)
    assert ledger is not None
    assert [(c.id, c.text) for c in ledger.claims] == [
        ("c1", "It was measured in 1875."),
        ("c2", "The sea is deep."),
    ]


async def test_what_has_nothing_to_do_with_the_new_question_stays_behind(
    store: Store, settings: Settings
) -> None:
    depth = claim(
        1, "The Kestrel Trench is 7,420 metres deep.", goal="How deep?", answer="7,420 metres"
    )
    lake = claim(2, "Lake Merle is 40 metres deep.")
    fish = claim(3, "Herring is eaten with onions.")
    chinese = claim(4, "红隼海沟的深度是7420米。", relevance=0.9)
    computed = claim(
        5, "The Kestrel Trench is 7.42 km deep.", runs=(RunEvidence(run_id="r", code_sha256="0"),)
    )
    dispute = Contradiction(
        topic="depth", note="", kind="conflict", sides=(Side(text="", evidence=depth.evidence),)
    )
    other = Contradiction(
        topic="fish", note="", kind="conflict", sides=(Side(text="", evidence=fish.evidence),)
    )
    left = Ledger(
        claims=(fish, lake, depth, chinese, computed),
        contradictions=(other, dispute),
        gaps=("g",),
        answers=("a",),
        queries=("q",),
        pages=9,
    )
    asked = question("Who measured how deep the Kestrel Trench is?")
    job = await new_job(store, question=asked)
    run = Run(job=job, store=store, records=None, budget=None, effort=None)  # type: ignore[arg-type]  # it needs none of them
    known = await inherit(run, left)
    assert [c.text for c in known.claims] == [depth.text, chinese.text]
    assert (
        known.claims[0].verdict == "supported"
        and not known.claims[0].reason
        and not known.claims[0].answer
    )
    assert 0.2 <= known.claims[0].relevance < 1 and known.claims[1].relevance == 0.9
    assert (
        known.contradictions == (dispute,)
        and not known.gaps
        and not known.answers
        and (known.queries, known.pages) == (("q",), 0)
    )


def test_renewed_moves_quotes_only_to_the_same_text_of_the_same_page() -> None:
    ledger = Ledger(claims=(claim(1, "The sea is deep."), claim(2, "The sea is salt.")))
    page = {
        "job_id": "j",
        "title": "",
        "site": "",
        "fetched_at": "2026-01-01T00:00:00Z",
        "media_type": "",
        "via": "",
        "raw_sha256": "",
    }
    from research.domain import Reading

    def reading(id: str, url: str, snapshot: str) -> Reading:
        about = {
            "id": id,
            "url": url,
            "canonical_url": url,
            "snapshot_id": snapshot,
            "extractor": "",
        }
        return Reading.model_validate(page | about)

    readings = [
        reading("new1", "u1", "s1"),
        reading("new2", "u2", "changed"),
        reading("r1", "u1", "s1"),
        reading("r2", "u2", "s2"),
    ]
    moved = renewed(ledger, readings)
    assert [c.evidence[0].reading_id for c in moved.claims] == ["new1", "r2"]


async def test_only_a_completed_job_of_the_same_tenant_is_followed_up(
    store: Store, settings: Settings
) -> None:
    def ask(parent_id: str) -> Any:
        return submit(
            read_request({"question": "And then?", "parent_id": parent_id}), settings, store
        )

    with pytest.raises(FollowUpRefused, match="no such job"):
        await ask("nothing")
    running = await new_job(store)
    with pytest.raises(FollowUpRefused, match="it is queued"):
        await ask(running.id)
    parent = await done(
        await new_job(
            store, question=question().model_copy(update={"sources": SourceChoice(web=True)})
        ),
        scripted(Script(tasks=1)),
        store,
        settings,
    )
    job = await ask(parent.id)
    assert (job.parent_id, job.question.follows, job.question.sources) == (
        parent.id,
        parent.question.text,
        parent.question.sources,
    )
    async with store.session() as session:
        row = await session.get(JobRow, parent.id)
        assert row is not None
        row.tenant = "another"
    with pytest.raises(FollowUpRefused, match="no such job"):
        await ask(parent.id)


async def test_what_was_private_stays_where_private_text_may_be_read(
    store: Store, settings: Settings
) -> None:
    crew = scripted(Script(tasks=1))

    async def secretly(run: Run, *given: Any) -> Any:
        seen = await crew.act(run, *given)
        async with store.session() as session:
            from research.store.tables import ReadingRow

            row = await session.get(ReadingRow, seen.readings[0])
            assert row is not None
            row.private = True
        return seen

    parent = await done(await new_job(store), replace(crew, act=secretly), store, settings)
    child = await done(
        await new_job(store, parent_id=parent.id), scripted(Script(tasks=0)), store, settings
    )
    asked = {"question": "And then?", "parent_id": child.id, "sources": {"web": True}}
    with pytest.raises(PrivateParentRefused, match="search engine"):
        await submit(read_request(asked), settings, store)
    await store.put_library("open", path=None, private=False)
    async with store.session() as session:
        from research.store.tables import DocumentRow

        library = (await store.library("open")) or LibraryRow()
        snapshot = (await store.readings(parent.id))[0].snapshot_id
        about = {
            "url": "",
            "title": "",
            "media_type": "",
            "raw_sha256": "",
            "extractor": "",
            "snapshot_id": snapshot,
        }
        session.add(DocumentRow(library_id=library.id, path="a", **about))
    remote = settings.model_copy(
        update={"model": "openai:m", "model_base_url": "https://models.example/v1"}
    )
    here = {"question": "And then?", "parent_id": child.id, "sources": {"libraries": ["open"]}}
    with pytest.raises(PrivateParentRefused, match="the model of the role"):
        await submit(read_request(here), remote, store)
    assert (await submit(read_request(here), settings, store)).parent_id == child.id
