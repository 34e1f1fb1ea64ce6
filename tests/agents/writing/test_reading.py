"""A writer's Markdown as a draft, and the draft as Markdown again."""

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.writing.reading import read, read_blocks, sentences_of, shown
from research.domain import DraftFigure, DraftList, DraftParagraph, DraftTable
from tests.agents.writing.pages import resolver_of

TEXTS = ("The trench is 7,420 metres deep. It was found in 1931.", "The gauge gave 7,510 metres.")
RESOLVER = resolver_of(*TEXTS)
REPORT = """\
# The trench, sounded

Sources differ on the depth. {c1, c3}

## Depth

The trench is 7,420 metres deep {c1}, found in 1931. {d1.2}

- First: 7,420 {c1}
- Second: 7,510 {c3}
  - within it {c2}

| Source | Depth |
|---|---|
| Page 1 | 7,420 {c1} |
| Page 2 | we read it as 7,510 {i: c3 | low | flips if the gauge was off} |
| Page 3 | – |

### Of the gauge

1. One `a|b` step. {c3}

![The depths {c1}](figure:f1)

![Of nothing {c1}](figure:f9)

# Short answer

The trench is **7,420 metres** deep {c1}. A gauge says otherwise {c3}.
"""


def test_a_report_is_read_part_by_part() -> None:
    written = read(REPORT, RESOLVER)
    assert written.title == "The trench, sounded"
    assert [(section.heading, section.level) for section in written.sections] == [
        ("", 2),
        ("Depth", 2),
        ("Of the gauge", 3),
    ]
    assert [s.text for s in written.answer] == [
        "The trench is **7,420 metres** deep.",
        "A gauge says otherwise.",
    ]
    lead, depth, gauge = written.sections
    assert [type(block) for block in depth.blocks] == [DraftParagraph, DraftList, DraftTable]
    assert isinstance(gauge.blocks[0], DraftList) and gauge.blocks[0].ordered
    assert [block.id for block in gauge.blocks[1:] if isinstance(block, DraftFigure)] == ["f1"]
    assert [s.claims for s in sentences_of(lead.blocks[0])] == [("c1", "c3")]


def test_a_mark_behind_a_year_in_brackets_ends_no_sentence() -> None:
    (paragraph,) = read_blocks(
        "The first ended (in May 2023) {c1}, the other later (in 2025) {c3}. Both are gone {c1}.",
        RESOLVER,
    )[0]
    said = [sentence.text for sentence in sentences_of(paragraph)]
    assert said == ["The first ended (in May 2023), the other later (in 2025).", "Both are gone."]


def test_clauses_keep_their_marks() -> None:
    (paragraph,) = read_blocks(
        "The trench is 7,420 metres deep {c1}, found in 1931. {d1.2}", RESOLVER
    )[0]
    (sentence,) = sentences_of(paragraph)
    assert [(sentence.text[m.start : m.end], m.refs) for m in sentence.marks] == [
        ("The trench is 7,420 metres deep", ("c1",)),
        (", found in 1931", ("d1.2",)),
    ]


def test_a_bar_within_a_mark_parts_no_cell() -> None:
    table = next(b for b in read(REPORT, RESOLVER).sections[1].blocks if isinstance(b, DraftTable))
    assert table.header == ("Source", "Depth")
    assert [[cell.text if cell else None for cell in row] for row in table.rows] == [
        ["Page 1", "7,420"],
        ["Page 2", "we read it as 7,510"],
        ["Page 3", None],
    ]
    cell = table.rows[1][1]
    assert cell is not None and (cell.kind, cell.confidence, cell.overturned_by) == (
        "inference",
        "low",
        "the gauge was off",
    )


def test_links_images_and_tags_leave_only_their_words() -> None:
    blocks, _ = read_blocks(
        "See [the page](http://evil.example) ![x](http://evil.example/p.png) <b>now</b> {c1}.",
        RESOLVER,
    )
    (sentence,) = sentences_of(blocks[0])
    assert "evil" not in sentence.text and sentence.text.startswith("See the page")


def test_headings_alone_are_read_where_a_title_is_mended() -> None:
    assert read_blocks("## A *better* heading {c1}", RESOLVER) == ([], "A better heading")


WORDS = st.text(st.sampled_from("ab7.,:;!?*_[](){}<>#~-+\\\\& $=/"), min_size=1, max_size=12).map(
    lambda said: f"a{said}7"
)
MARKS = st.sampled_from(
    [
        "{c1}",
        "{c1, c3}",
        "{d1.2}",
        "{d1.1-2}",
        "{= 7420 - 1931; c1, c2}",
        "{i: c3; low; flips if off}",
        "{i: given; low}",
        "{i: c3, absent; medium}",
        "{i: given, absent; high}",
        "{i: c3; low} {absent: d1}",
        "{absent: d1}",
        "{absent}",
        "{given}",
    ]
)
CLAUSES = st.lists(
    st.tuples(WORDS | st.sampled_from(["`ab`", "**very deep**", "a_b"]), MARKS | st.just("")),
    min_size=1,
    max_size=4,
).map(lambda said: " ".join(f"{w} {m}" for w, m in said))
PARAGRAPHS = CLAUSES
LISTS = st.lists(CLAUSES, min_size=1, max_size=3).map(
    lambda items: "\n".join(f"- {item}" for item in items)
)
ORDERED = st.lists(CLAUSES, min_size=1, max_size=3).map(
    lambda items: "\n".join(f"{n}. {item}" for n, item in enumerate(items, 1))
)
ROWS = st.lists(st.tuples(CLAUSES, CLAUSES), min_size=1, max_size=3)
TABLES = ROWS.map(
    lambda rows: "\n".join(
        ["| Head | Tail |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in rows)]
    )
)


@settings(max_examples=300)
@given(st.one_of(PARAGRAPHS, LISTS, ORDERED, TABLES))
def test_what_was_read_is_the_same_when_it_is_shown_and_read_again(markdown: str) -> None:
    """Else a part that goes back to its writer for one sentence comes back with others changed."""
    blocks, _ = read_blocks(markdown, RESOLVER)
    for block in blocks:
        assert read_blocks(shown(block), RESOLVER)[0] == [block], shown(block)


def test_a_bar_in_a_cells_code_is_shown_so_that_it_parts_no_cell() -> None:
    (table,) = read_blocks("| Code | Use |\n|---|---|\n| `a\\|b` | deep {c1} |", RESOLVER)[0]
    assert (
        isinstance(table, DraftTable)
        and table.rows[0][0] is not None
        and table.rows[0][0].text == "`a|b`"
    )
    assert read_blocks(shown(table), RESOLVER)[0] == [table]


def test_a_conclusion_from_what_was_not_found_is_shown_with_one_mark() -> None:
    for markdown in ("It may be deep {i: c3, absent; high}.", "So it is {i: given, absent; low}."):
        [block], _ = read_blocks(markdown, RESOLVER)
        assert shown(block) == markdown


def test_words_in_braces_that_are_no_mark_are_shown_as_none() -> None:
    for markdown in (r"It is a{\=7}7 {c1}.", "It is {&#99;1} deep {c3}."):
        [block], _ = read_blocks(markdown, RESOLVER)
        assert read_blocks(shown(block), RESOLVER)[0] == [block]


def test_a_mark_in_a_row_covers_the_cells_before_it() -> None:
    (table,) = read_blocks(
        "| By | Depth | Found | Since |\n|---|---|---|---|\n"
        "| 1931 | 7,420 | 1931 {c1} | – |\n| 2026 {i: given} | – | deep {c3} | now |",
        RESOLVER,
    )[0]
    assert isinstance(table, DraftTable)
    first, second = [[cell.kind if cell else None for cell in row] for row in table.rows]
    assert first == ["framing", "fact", "fact", None]
    assert second == ["inference", None, "fact", "framing"]
    covered, marked = table.rows[0][1:3]
    assert covered and marked and covered.evidence == marked.evidence
    assert read_blocks(shown(table), RESOLVER)[0] == [table]
    plan = "| By | Who | What |\n|---|---|---|\n| 12 May | The board | decides {i: c1; high} |"
    (table,) = read_blocks(plan, RESOLVER)[0]
    assert isinstance(table, DraftTable)
    assert [cell.kind if cell else None for cell in table.rows[0]] == ["inference"] * 3
