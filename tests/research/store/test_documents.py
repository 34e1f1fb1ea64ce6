"""Stable numbers of documents and sentences: who gets which, what names what, and what old
databases get."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from research.domain import Job, PageText, Quote, Snapshot
from research.reporting import bind as cite
from research.store.database import Store
from research.store.documents import Document, Documents, documents
from research.store.records import JobRecords
from tests.postgres import on_both
from tests.research.crews import new_job
from tests.research.readings import reading_of, snapshot_of
from tests.research.store.older import made_with_rows_of

pytestmark = on_both

SEA = snapshot_of("The sea is deep. It was measured in 1875. Ships sailed. Nobody sank.")
HILL = snapshot_of(
    "# The hill\n\nIt is high.\n\n## Paths\n\nTwo paths lead up.\n\n### North\n\nOne is steep.\n\n## Huts\n\nThere is a hut."
)
SECTIONS = tuple(
    (HILL.text.index(f"# {name}") - deep, name)
    for name, deep in (("The hill", 0), ("Paths", 1), ("North", 2), ("Huts", 1))
)


def page_of(snapshot: Snapshot, sections: tuple[tuple[int, str], ...] = ()) -> PageText:
    return PageText(
        text=snapshot.text,
        sentences=snapshot.sentences,
        sections=sections,
        media_type="text/plain",
        extractor="test",
    )


async def owned(store: Store, **fields: object) -> JobRecords:
    made = await new_job(store, **fields)
    return JobRecords(store, await store.take(made.id, stale_seconds=15))


async def read(records: JobRecords, *texts: tuple[str, Snapshot]) -> list[int]:
    """The numbers that the texts get, read at these addresses in one call."""
    made = [
        (page_of(snapshot), snapshot, reading_of(snapshot, url, job_id=records.job.id))
        for url, snapshot in texts
    ]
    return [reading.document for reading in await records.add_readings(made)]


def known(*snapshots: Snapshot, title: str = "T") -> Documents:
    made = enumerate(snapshots, 1)
    return Documents(
        Document(n, reading_of(one, f"u{n}", title=title), one, SECTIONS if one is HILL else ())
        for n, one in made
    )


async def test_a_text_keeps_its_number_at_any_address_and_in_any_call(store: Store) -> None:
    records = await owned(store)
    assert await read(records, ("a", SEA), ("b", HILL), ("c", SEA)) == [1, 2, 1]
    assert await read(records, ("d", HILL), ("e", snapshot_of("New."))) == [2, 3]
    assert [(one.url, one.document) for one in await store.readings(records.job.id)] == [
        ("a", 1),
        ("b", 2),
        ("c", 1),
        ("d", 2),
        ("e", 3),
    ]


async def test_a_follow_up_goes_on_with_its_parents_numbers(store: Store) -> None:
    parent = await owned(store)
    await read(parent, ("a", SEA), ("b", HILL))
    child = await owned(store, parent_id=parent.job.id)
    assert await read(child, ("c", snapshot_of("New.")), ("a", SEA)) == [3, 1]
    found = await documents(store, child.job)
    assert [(one.name, one.reading.job_id) for one in found] == [
        ("d1", child.job.id),  # its own reading before the parent's
        ("d2", parent.job.id),
        ("d3", child.job.id),
    ]


async def test_documents_have_the_sections_that_were_stored(store: Store) -> None:
    records = await owned(store)
    await records.add_readings(
        [(page_of(HILL, SECTIONS), HILL, reading_of(HILL, "a", job_id=records.job.id))]
    )
    for _ in range(2):
        [document] = await documents(store, records.job)
        assert document.sections == SECTIONS
    assert (
        len(await documents(store, Job.model_validate({**records.job.model_dump(), "id": "none"})))
        == 0
    )


@pytest.mark.parametrize(
    ("ref", "name"),
    [("d1.2", "d1.2"), ("[d1.4]", "d1.4"), ("D1.1.", "d1.1")],
)
def test_a_sentence_is_found_by_its_name(ref: str, name: str) -> None:
    found = known(SEA).sentence(ref)
    assert found is not None and found[0].mark(found[1]) == name


@pytest.mark.parametrize(
    "ref",
    ["d1.0", "d1.5", "d2.1", "d1", "d1.1-2", "1.2", "S3", "", "d1.99999999999999", "d1.x", "d0.1"],
)
def test_what_there_is_not_is_no_sentence(ref: str) -> None:
    assert known(SEA).sentence(ref) is None


def test_one_quote_of_each_document_its_sentences_in_order() -> None:
    found = known(SEA, HILL).quotes(["d2.2", "d1.3 – 4", "d1.1, d1.3", "d1", "d9.1", "d1.9"])
    assert [(quote.snapshot_id, quote.quote) for quote in found] == [
        (HILL.id, "Two paths lead up."),
        (SEA.id, "The sea is deep. … Ships sailed. … Nobody sank."),
    ]
    assert known(SEA).quotes(["d1.3-99"])[0].spans == SEA.sentences[2:]
    assert known(SEA).names(["d1.2-d1.3"]) == ("d1.2", "d1.3")


def test_what_names_nothing_is_told() -> None:
    assert known(SEA).unknown(
        ["d1", "d1.1-3", "d1.4-9", "d1.9", "d2", "d1.2, c7", "d1.3-2", "d1.1-d2.2"]
    ) == (
        "d1.9",
        "d2",
        "c7",
        "d1.3-2",
        "d1.1-d2.2",
    )


def test_the_names_and_the_neighbours_of_a_quote() -> None:
    found = known(SEA)
    [quote] = found.quotes(["d1.2"])
    assert found.refs(quote) == ("d1.2",)
    assert found.neighbours(quote) == "The sea is deep. It was measured in 1875. Ships sailed."
    assert (
        found.neighbours(found.quotes(["d1.1", "d1.4"])[0], 0) == "The sea is deep. … Nobody sank."
    )
    part = cite.quote(SEA, [(SEA.sentences[0][1] - 3, SEA.sentences[1][0] + 2)], "r")
    assert found.refs(part) == ("d1.1", "d1.2")
    other = Quote(reading_id="r", snapshot_id="s", spans=((0, 1),), quote="x")
    assert (found.refs(other), found.neighbours(other)) == ((), "x")


def test_headings_are_a_path_without_the_title() -> None:
    [document] = known(HILL, title="The hill")
    assert [document.headings(index) for index in range(4)] == [
        (),
        ("Paths",),
        ("Paths", "North"),
        ("Huts",),
    ]
    paged = Document(
        1,
        document.reading,
        HILL,
        ((0, "page 1"), *SECTIONS[:2], (HILL.text.index("One"), "page 2")),
    )
    assert [paged.headings(index) for index in range(3)] == [
        ("page 1",),
        ("Paths", "page 1"),
        ("Paths", "page 2"),
    ]


async def test_old_readings_are_numbered_in_order_a_follow_up_after_its_parent(
    tmp_path: Path,
) -> None:
    file, newer = tmp_path / "old.db", tmp_path / "new.db"
    async with Store.open(f"sqlite+aiosqlite:///{newer}") as store:
        parent = await owned(store)
        await read(parent, ("a", SEA), ("b", HILL), ("c", SEA))
        child = await owned(store, parent_id=parent.job.id)
        await read(child, ("d", snapshot_of("New.")), ("b", HILL))
    await made_with_rows_of(file, newer, "0007", "jobs", "snapshots", "readings")
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "ALTER TABLE readings DROP document; UPDATE alembic_version SET version_num = '0005'"
        )
    async with Store.open(f"sqlite+aiosqlite:///{file}") as store:
        numbers = [
            [(one.url, one.document) for one in await store.readings(job.job.id)]
            for job in (parent, child)
        ]
    assert numbers == [[("a", 1), ("b", 2), ("c", 1)], [("d", 3), ("b", 2)]]


def test_of_a_row_what_stands_above_its_table_counts() -> None:
    rows = "\n".join(f"Item: item {n}; Sum: {n}00; Share: {n} %." for n in range(1, 7))
    text = f"It opened late.\n\nSums in thousands of pounds.\n\n{rows}\n\nNothing else is told."
    found = known(snapshot_of(text))
    [document] = found
    assert [document.caption(index) for index in (1, 2, 7, 8)] == [None, 1, 1, None]
    [quote] = found.quotes(["d1.7"])
    assert found.neighbours(quote).startswith("Sums in thousands of pounds. … Item: item 4;")
    assert found.in_context(quote).startswith("Sums in thousands of pounds. … »Item: item 5;")
