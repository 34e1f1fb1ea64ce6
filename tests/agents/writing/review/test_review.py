"""The gates: what passes, what is mended, what becomes a quote and what goes. Nothing unsupported
gets out."""

from dataclasses import replace

import pytest

from agents.judge.nearness import Nearness
from agents.writing.review.contradictions import besides
from agents.writing.review.document_status import _statements
from agents.writing.review.statements import _nearest
from research.domain import (
    Contradiction,
    DraftSentence,
    Ledger,
    Quote,
    RunEvidence,
    Side,
)
from research.domain.report import Cell, Report, Sentence, Table
from research.reporting.bind import sentences_of
from research.store.database import Store
from research.store.documents import Documents
from tests.agents.writing.desks import NOTHING, TEXTS, Crew, Verdict, agrees, reported, texts_of
from tests.agents.writing.pages import documents_of
from tests.agents.written import desk

DEEP = "The trench is 7,420 metres deep {c1}."


def document(*paragraphs: str, title: str = "Depths", heading: str = "Depth") -> str:
    return "\n\n".join([f"# {title}", f"## {heading}", *paragraphs])


def all_of(report: Report) -> list[Sentence]:
    return [*report.answer, *(s for section in report.sections for s in sentences_of(section))]


def refusing(*words: str, verdict: str = "unsupported") -> Crew:
    """A crew whose judge refuses every statement with one of these words in it."""

    def judge(kind: str, text: str) -> str | Verdict:
        return ("the words", verdict) if any(word in text for word in words) else agrees(kind, text)

    return Crew(judge=judge)


async def test_what_passes_at_first_is_not_touched(store: Store) -> None:
    crew = Crew(
        document(f"It has been measured. {DEEP}") + "\n\n# Short answer\n\nIt is 7,420 metres {c1}."
    )
    report = await reported(store, crew)
    assert crew.repairs == []
    assert [(s.text, s.verdict) for s in report.answer] == [("It is 7,420 metres.", "supported")]
    assert [(s.kind, s.verdict) for s in all_of(report)[1:]] == [
        ("framing", None),
        ("fact", "supported"),
    ]
    quality = report.quality
    assert (quality.first_pass_supported, quality.repaired, quality.dropped, quality.judge) == (
        2,
        0,
        0,
        "scripted",
    )


async def test_a_figure_that_stands_nowhere_never_reaches_the_judge_and_is_mended(
    store: Store,
) -> None:
    crew = Crew(document("The trench is 7,421 metres deep {c1}."), mended={"7,421": DEEP})
    report = await reported(store, crew)
    assert "7,421 stands nowhere" in crew.repairs[0]
    assert "are aimed at, tables aside: it may get some " in crew.repairs[0]
    assert not any("7,421" in text for _, text in crew.judged)
    assert [(s.text, s.verdict) for s in all_of(report)] == [
        ("The trench is 7,420 metres deep.", "supported")
    ]
    assert (report.quality.first_pass_supported, report.quality.repaired) == (0, 1)


async def test_what_the_judge_misses_is_told_to_the_writer_and_judged_again(store: Store) -> None:
    crew = refusing("giants")
    crew.markdown, crew.mended = (
        document(DEEP, "Dug by giants {c1}, it was found in 1931 {c2}."),
        {"giants": "It was found in 1931 {c2}."},
    )
    report = await reported(store, crew)
    assert "“Dug by giants, it was found in 1931.” (unsupported): the words" in crew.repairs[0]
    assert (
        DEEP not in crew.repairs[0].split("Not accepted")[0].split("###")[-1]
    )  # only the paragraph that failed goes back
    assert texts_of(report) == ["The trench is 7,420 metres deep.", "It was found in 1931."]


async def test_an_accepted_sentence_beside_a_failed_one_is_not_judged_twice(store: Store) -> None:
    crew = refusing("giants")
    crew.markdown, crew.mended = document(f"{DEEP} Dug by giants {{c1}}."), {"giants": DEEP}
    await reported(store, crew)
    assert [text for _, text in crew.judged].count("The trench is 7,420 metres deep.") == 1


@pytest.mark.parametrize("mended", [None, {}, {"giants": "Dug by the giants {c1}."}])
async def test_a_fact_that_fails_twice_is_its_source_in_its_own_words(
    store: Store, mended: dict[str, str] | None
) -> None:
    crew = refusing("giants")
    crew.markdown, crew.mended = document("Dug by giants {c1}."), mended
    (said,) = all_of(await reported(store, crew))
    assert said.text == "Page 1: “The Kestrel Trench is 7,420 metres deep.”"
    assert (said.kind, said.verdict, len(said.evidence)) == ("attributed", "supported", 1)


@pytest.mark.parametrize(
    "sentence",
    [
        "Dug by giants {c1, c3}.",
        "Dug by giants {given}.",
        "Giants may have dug it {i: c1; low}.",
        "Giants.",
    ],
)
async def test_what_has_no_single_quote_to_fall_back_on_goes(store: Store, sentence: str) -> None:
    crew = refusing("iants", verdict="no" if "{i:" in sentence else "unsupported")
    crew.markdown = document(DEEP, sentence)
    report = await reported(store, crew)
    assert texts_of(report) == ["The trench is 7,420 metres deep."]
    assert report.quality.dropped == 1 and "iants" not in report.markdown


async def test_a_refuted_statement_goes_as_an_unsupported_one(store: Store) -> None:
    crew = refusing("shallow", verdict="refuted")
    crew.markdown = document(DEEP, "The trench is shallow {c1, c3}.")
    assert "shallow" not in (await reported(store, crew)).markdown


async def test_what_is_partly_supported_after_its_repair_is_shown_as_such(store: Store) -> None:
    crew = refusing("exactly", verdict="partial")
    crew.markdown = document("The trench is exactly 7,420 metres deep {c1}.")
    report = await reported(store, crew)
    (said,) = all_of(report)
    assert crew.repairs and said.verdict == "partial"
    assert (report.quality.partial, report.quality.supported) == (1, 0)


async def test_a_plausible_inference_stands_where_it_is_held_with_low_confidence(
    store: Store,
) -> None:
    crew = refusing("suggests", verdict="plausible")
    crew.markdown = document(
        "This suggests a younger trench {i: c1, c2; low; flips if the dating is wrong}."
    )
    (said,) = all_of(await reported(store, crew))
    assert crew.repairs == []
    assert (said.kind, said.verdict, said.confidence, said.premises) == (
        "inference",
        "partial",
        "low",
        ("c1", "c2"),
    )
    assert said.overturned_by == "the dating is wrong"
    assert (
        "inference",
        "This suggests a younger trench. [would be overturned: the dating is wrong]",
    ) in crew.judged


async def test_a_plausible_inference_that_is_sure_of_itself_goes_back(store: Store) -> None:
    crew = refusing("is younger", verdict="plausible")
    crew.markdown = document("The trench is younger {i: c1; high}.")
    crew.mended = {"younger": "The trench may be younger {i: c1; low}."}
    (said,) = all_of(await reported(store, crew))
    assert len(crew.repairs) == 1 and said.text == "The trench may be younger."


async def test_a_failed_fact_that_comes_back_as_an_inference_is_judged_as_one(store: Store) -> None:
    def judge(kind: str, text: str) -> str:
        return (
            ("no" if kind == "inference" else "unsupported")
            if "deepest" in text
            else agrees(kind, text)
        )

    crew = Crew(
        document(DEEP, "It is the deepest of all {c1}."),
        judge,
        {"deepest": "It is the deepest of all {i: c1; low}."},
    )
    report = await reported(store, crew)
    assert [kind for kind, text in crew.judged if "deepest" in text] == ["fact", "inference"]
    assert "deepest" not in report.markdown and {s.kind for s in all_of(report)} == {"fact"}


@pytest.mark.parametrize("judge", [lambda kind, text: None, None])
async def test_without_a_judge_only_sources_own_words_get_out(store: Store, judge: object) -> None:
    crew = Crew(
        document(
            "A word to begin with.",
            DEEP,
            "Both say so {c1, c3}.",
            "We read it so {i: c1; low}.",
            "| A | B |\n|---|---|\n| x {c1} | y {c3} |",
        )
    )
    if judge is None:
        crew.answer, usual = (
            lambda role, m, s: NOTHING if role == "judge" else usual(role, m, s),
            crew.answer,
        )  # type: ignore[method-assign]
    else:
        crew.judge = judge  # type: ignore[assignment]
    report = await reported(store, crew)
    assert [s.text for s in all_of(report)] == [
        "Page 1: “The Kestrel Trench is 7,420 metres deep.”"
    ]
    assert (report.title, report.sections[0].heading) == (report.question, "Findings")


# Every other string of the writer's


async def test_a_title_and_headings_that_fail_are_mended_or_plain(store: Store) -> None:
    crew = refusing("Giants", "gold")
    crew.markdown = document(DEEP, title="Giants dug it", heading="All is gold")
    crew.mended = {"h1": "## Its depth"}
    report = await reported(store, crew)
    assert (report.title, report.sections[0].heading) == (report.question, "Its depth")
    assert ("heading", "Giants dug it") in crew.judged and ("heading", "Its depth") in crew.judged


async def test_of_a_title_that_fails_what_it_is_about_is_left(store: Store) -> None:
    crew = refusing("Giants", "gold")
    crew.markdown = document(DEEP, title="Kestrel Trench: Giants dug it")
    assert (await reported(store, crew)).title == "Kestrel Trench"
    crew.markdown = document(DEEP, title="A trench of gold：Giants dug it")
    report = await reported(store, crew)
    assert report.title == report.question


async def test_a_figure_in_a_title_or_heading_stands_in_what_is_under_it(store: Store) -> None:
    crew = Crew(document(DEEP, title="9,999 metres", heading="Found in 1066"))
    report = await reported(store, crew)
    assert "9,999" not in report.markdown and "1066" not in report.markdown


TABLE = (
    "| Source | Depth | Age |\n|---|---|---|\n| The trench | 7,420 metres {c1} | found in 1931 {c2} |\n"
    "| The gauge | 7,510 metres {c3} | old {c4} |"
)


async def test_each_cell_is_judged_under_its_row_and_column(store: Store) -> None:
    crew = Crew(document(TABLE))
    report = await reported(store, crew)
    (table,) = [b for b in report.sections[0].blocks if isinstance(b, Table)]
    assert [[cell.text for cell in row] for row in table.rows][1] == [
        "The gauge",
        "7,510 metres",
        "old",
    ]
    assert ("heading", "Source | Depth | Age") in crew.judged
    shown = "\n".join(crew.seen)
    assert "row: The gauge" in shown and "Depth" in shown


async def test_a_table_may_number_its_rows_and_number_nothing_else(store: Store) -> None:
    ranked = "| Rank | Source | Depth |\n| --- | --- | --- |\n"
    rows = "| 1 | The trench {c1} | 7,420 metres {c1} |\n| 2 | The gauge {c3} | 7,510 metres {c3} |"
    crew = Crew(document(ranked + rows))
    report = await reported(store, crew)
    (table,) = [b for b in report.sections[0].blocks if isinstance(b, Table)]
    assert crew.repairs == [] and [row[0].text for row in table.rows] == ["1", "2"]
    crew = Crew(document(ranked + rows.replace("| 2 |", "| 9 |")))
    await reported(store, crew)
    assert "9 stands nowhere" in crew.repairs[0]


async def test_a_quarter_of_a_year_is_for_the_judge(store: Store) -> None:
    crew = Crew(document("From Q2 to Q4 it is 7,420 metres deep {c1}. It is 7,421 in Q1 {c1}."))
    await reported(store, crew)
    assert "7,421 stands nowhere" in crew.repairs[0] and "Q2 stands" not in crew.repairs[0]
    assert any("From Q2 to Q4" in text for _, text in crew.judged)


async def test_a_conflict_that_the_outline_tells_is_not_asked_about_in_other_words_too(
    store: Store,
) -> None:
    [found] = disputed((await desk(store, *TEXTS)).ledger).contradictions
    told = found.model_copy(update={"topic": "Two depths"})
    apart = found.model_copy(update={"sides": found.sides[:1] * 2})
    assert besides([told], [found]) == [] and besides([apart], [found]) == [found]
    assert besides([], [found]) == [found]
    joint = tuple(quote for side in found.sides for quote in side.evidence)
    one_side = found.sides[0].model_copy(update={"evidence": joint})
    joined = found.model_copy(update={"sides": (one_side, apart.sides[0])})
    assert besides([joined], [found.model_copy(update={"sides": found.sides[::-1]})]) == []
    third = found.sides[0].model_copy(update={"evidence": (found.sides[0].evidence[0],) * 1})
    assert besides([found.model_copy(update={"sides": (third,)})], [found]) == [found]


async def test_of_a_row_that_fails_only_the_cell_that_does_goes_back(store: Store) -> None:
    crew = refusing("7,510")
    crew.markdown = document(TABLE)
    await reported(store, crew)
    refused = crew.repairs[0].split("Not accepted:")[1].split("\n\n")[0]
    assert "7,510 metres" in refused and "old" not in refused


async def test_a_row_that_fails_though_each_of_its_cells_holds_goes_back(store: Store) -> None:
    def whole(kind: str, text: str) -> str | Verdict:
        return ("the row", "unsupported") if "; " in text else agrees(kind, text)

    crew = Crew(document(TABLE), whole)
    report = await reported(store, crew)
    assert "the row" in crew.repairs[0] and report.quality.first_pass_supported < 4


async def test_a_cell_that_fails_twice_is_empty_and_a_row_of_such_goes(store: Store) -> None:
    crew = refusing("7,510", "old")
    crew.markdown = document(TABLE)
    report = await reported(store, crew)
    (table,) = [b for b in report.sections[0].blocks if isinstance(b, Table)]
    assert [cell.text for row in table.rows for cell in row] == [
        "The trench",
        "7,420 metres",
        "found in 1931",
    ]
    crew = refusing("found")
    crew.markdown = document(TABLE)
    report = await reported(store, crew)
    (table,) = [b for b in report.sections[0].blocks if isinstance(b, Table)]
    assert table.rows[0][2] == Cell(text="–", kind="framing")


async def test_names_of_columns_that_fail_are_left_out(store: Store) -> None:
    crew = refusing("Giants")
    crew.markdown = document(TABLE.replace("Source", "Giants"))
    report = await reported(store, crew)
    (table,) = [b for b in report.sections[0].blocks if isinstance(b, Table)]
    assert table.header == ("", "", "") and len(table.rows) == 2


def disputed(known: Ledger) -> Ledger:
    """With a dispute whose topic, note and first side are in a model's words."""
    one, other = known.claims[0].evidence, known.claims[2].evidence
    sides = (
        Side(text="The moon says 7,420 metres.", evidence=one),
        Side(text="7,510 metres.", evidence=other),
    )
    dispute = Contradiction(topic="Giants", note="All is gold.", kind="conflict", sides=sides)
    return known.model_copy(update={"contradictions": (dispute,)})


async def test_a_conflicts_topic_note_and_sides_are_judged(store: Store) -> None:
    crew = refusing("Giants", "gold", "moon")
    crew.markdown = document(DEEP)
    report = await reported(store, crew, change=disputed)
    (shown,) = report.contradictions
    assert [side.text for side in shown.sides] == [
        "Page 1: “The Kestrel Trench is 7,420 metres deep.”",
        "7,510 metres.",
    ]
    assert shown.note == "" and shown.topic == "Page 1 / Page 2"


async def test_a_side_that_was_computed_is_judged_with_what_the_program_printed(
    store: Store,
) -> None:
    def computed(known: Ledger) -> Ledger:
        run = RunEvidence(run_id="r1", code_sha256="f" * 64, inputs=("d1.1",))
        [dispute] = disputed(known).contradictions
        sides = (dispute.sides[0].model_copy(update={"runs": (run,)}), dispute.sides[1])
        told = dispute.model_copy(update={"sides": sides})
        return known.model_copy(update={"contradictions": (told,)})

    crew = Crew(document(DEEP))
    report = await reported(store, crew, change=computed)
    assert "program" in "".join(crew.seen)
    (shown,) = report.contradictions
    assert [one.type for one in shown.sides[0].evidence] == ["quote", "run"]


async def test_what_tells_one_side_of_a_conflict_is_contested_and_judged_with_the_other_before_it(
    store: Store,
) -> None:
    crew = Crew(
        document(DEEP, "One says 7,420 metres {c1}, another 7,510 {c3}."),
        lambda kind, text: (
            "disputed" if "deep" in text and "not fit together" not in text else agrees(kind, text)
        ),
    )
    report = await reported(store, crew, change=disputed)
    assert [s.verdict for s in all_of(report)] == ["contested", "supported"]
    assert "against it: e" in crew.seen[1] and "»A gauge gave 7,510 metres.«" in crew.seen[1]


async def test_for_what_is_said_to_stand_nowhere_the_judge_sees_what_comes_nearest(
    store: Store,
) -> None:
    crew = refusing("no gauge", verdict="unsupported")
    crew.markdown = document(DEEP, "There is no gauge of old metres {absent}.")
    report = await reported(store, crew)
    assert "against it: e" in "".join(crew.seen) and "»The gauge was old.«" in "".join(crew.seen)
    assert "no gauge" not in report.markdown


# What can never bring a run down


HOSTILE = (
    "The trench, see [the chart](http://evil.example/p?q=1), is 7,420 metres deep.",
    "More at https://evil.example/now and www.evil.example, it says.",
)


async def test_a_source_with_links_is_quoted_without_them(store: Store) -> None:
    crew = refusing("Dug", "Told")
    crew.markdown = document("Dug by giants {c1}.", "Told to all {c2}.")
    report = await reported(store, crew, *HOSTILE)
    assert len(all_of(report)) == 2
    assert "evil" not in report.markdown.split("## Sources")[0]


async def test_without_a_writer_sources_with_links_are_told_without_them(store: Store) -> None:
    report = await reported(store, Crew(), *HOSTILE)
    assert "7,420 metres" in report.markdown
    assert "evil" not in report.markdown.split("## Sources")[0]


@pytest.mark.parametrize(
    "text",
    [
        r"See \[this\](there) of 7,420 metres {c1}.",
        r"It is at !\[x\](y) {c1}.",
        "Go to http\\://evil.example/x {c1}.",
    ],
)
async def test_what_looks_like_a_link_ends_no_run(store: Store, text: str) -> None:
    report = await reported(store, Crew(document(DEEP, text)))
    assert "The trench is 7,420 metres deep." in texts_of(report)
    assert "](there)" not in report.markdown and "http://evil" not in report.markdown


async def test_a_picture_that_there_is_not_is_left_out(store: Store) -> None:
    report = await reported(store, Crew(document(DEEP, "![All depths {c1}](figure:nope)")))
    assert "The trench is 7,420 metres deep." in texts_of(report)
    assert "nope" not in report.markdown


async def test_a_name_of_a_row_that_code_refuses_takes_no_other_row_with_it(store: Store) -> None:
    """The names of rows are asked about together; one that is wrong must not stand for the others."""
    rows = "| The 9,999 m | deep {c1} |\n| Kestrel | 7,420 metres deep {c1} |"
    text = f"# T\n\n## Depth\n\n| What | Depth |\n|---|---|\n{rows}"
    crew = Crew(
        text, mended={"p1.1": text.split("## Depth")[1].replace("The 9,999 m", "The trench")}
    )
    report = await reported(store, crew)
    (table,) = (block for block in report.sections[0].blocks if isinstance(block, Table))
    assert [row[0].text for row in table.rows] == ["The trench", "Kestrel"]


async def test_a_conclusion_may_rest_on_what_the_question_says(store: Store) -> None:
    report = await reported(
        store, Crew(document("It suits you, as you asked for depth alone {i: given; low}."))
    )
    assert [s.text for s in all_of(report)] == ["It suits you, as you asked for depth alone."]


async def test_a_title_that_stood_is_not_judged_again_while_what_it_rests_on_is_there(
    store: Store,
) -> None:
    asked: list[str] = []

    def once(kind: str, text: str) -> str | Verdict:
        if text == "The trench is deep":
            asked.append(text)
            return "supported" if len(asked) == 1 else "partial"
        return ("wider", "unsupported") if "wide" in text else agrees(kind, text)

    text = "# The trench is deep\n\n## Depth\n\nIt is wide {c2}. It is 7,420 metres deep {c1}.\n\n# Short answer\n\nIt is deep {c1}."
    crew = Crew(
        text, once, mended={"p1.1": "It was found in 1931 {c2}. It is 7,420 metres deep {c1}."}
    )
    report = await reported(store, crew)
    assert report.title == "The trench is deep" and len(asked) == 1


async def test_a_conclusion_from_the_question_is_shown_to_the_judge_as_that(store: Store) -> None:
    crew = Crew(document("It suits you {i: given; low}.", "It is 7,420 metres deep {c1}."))
    report = await reported(store, crew)
    assert any(
        "(inference, confidence low) rests on what the question says" in shown
        for shown in crew.seen
    )
    assert [mark.refs for s in all_of(report) for mark in s.marks] == [("given",), ()]


async def test_a_note_of_a_conflict_that_is_plausible_only_is_left_out(store: Store) -> None:
    crew = Crew(
        document(DEEP), lambda kind, text: "plausible" if "gold" in text else agrees(kind, text)
    )
    report = await reported(store, crew, change=disputed)
    assert [one.note for one in report.contradictions] == [""]


async def test_what_is_judged_after_all_is_not_told_as_unjudged(store: Store) -> None:
    asked: list[str] = []

    def late(kind: str, text: str) -> str | None:
        asked.append(text)
        return None if kind == "cell" else agrees(kind, text)

    table = "| What | Depth | Found |\n|---|---|---|\n| Kestrel | 7,420 metres {c1} | 1931 {c2} |"
    report = await reported(
        store, Crew(f"# T\n\n## Depth\n\n{table}", late, mended={"p1.1": table})
    )
    assert any(text.startswith("Depth: ") for text in asked)
    assert report.status == "complete" and not any("judged" in one for one in report.limitations)


async def test_why_sources_disagree_may_rest_on_more_than_its_sides(store: Store) -> None:
    def grounded(known: Ledger) -> Ledger:
        ledger = disputed(known)
        [found] = ledger.contradictions
        more = known.claims[3].evidence
        told = found.model_copy(update={"note": "The gauge may be off, for it was old."})
        found = told.model_copy(update={"grounds": more})
        return ledger.model_copy(update={"contradictions": (found,)})

    crew = Crew(document(DEEP))
    report = await reported(store, crew, change=grounded)
    asked = next(prompt for prompt in crew.seen if "for it was old" in prompt)
    assert "»The gauge was old.«" in asked
    assert report.contradictions[0].note == "The gauge may be off, for it was old."


async def test_a_title_that_loses_what_it_rests_on_is_written_once_more(store: Store) -> None:
    asked: list[str] = []

    def judge(kind: str, text: str) -> str | Verdict:
        if text == "The trench is wide":
            asked.append(text)
            return "supported" if len(asked) == 1 else ("wide", "partial")
        return ("wider", "unsupported") if "It is wide" in text else agrees(kind, text)

    text = "# The trench is wide\n\n## Depth\n\nIt is wide {c2, c3}. It is 7,420 metres deep {c1}."
    anew = {"p1.1": "It is 7,420 metres deep {c1}.", "title": "# The trench is deep"}
    crew = Crew(text, judge, mended=anew)
    report = await reported(store, crew)
    assert report.title == "The trench is deep" and len(asked) == 2
    assert "### title" in crew.repairs[-1] and "wide" in crew.repairs[-1]


def test_a_heading_is_judged_by_what_has_its_words_wherever_that_stands() -> None:
    quotes = [
        Quote(reading_id="r", snapshot_id="s", spans=((n, n + 1),), quote=str(n)) for n in range(30)
    ]
    said = [f"Ship number {n} sailed." for n in range(30)]
    said[3], said[28] = "Prices rose in spring.", "Winter storms came."
    sentences = tuple(
        DraftSentence(text=text, kind="fact", evidence=(quote,))
        for text, quote in zip(said, quotes, strict=True)
    )
    shown = _nearest("Prices and winter", sentences)
    assert set(shown[:2]) == {quotes[3], quotes[28]} and len(shown) == 30


def test_only_documents_of_its_own_place_say_that_one_is_replaced() -> None:
    told = (
        "The price list of May gives 46 a kilogram. It is signed.",
        "The price list of June has replaced Page 1, which is superseded. It holds now.",
    )
    for site, shown in (("example1.org", True), ("elsewhere.org", False)):
        first, second = documents_of(*told)
        there = replace(second, reading=second.reading.model_copy(update={"site": site}))
        read = Documents([first, there])
        [asked] = _statements({first.snapshot.id: "superseded"}, read, Nearness(read)).values()
        assert any("has replaced Page 1" in quote.quote for quote in asked.evidence) == shown
        assert ("another document of its place" in asked.text) == shown


async def test_rows_that_come_back_without_their_names_have_those_they_had(store: Store) -> None:
    table = "| What | How deep |\n|---|---|\n| Kestrel | 7,421 metres {c1} |"
    crew = Crew(document(table), mended={"7,421": "| Kestrel | 7,420 metres {c1} |"})
    [block] = [b for s in (await reported(store, crew)).sections for b in s.blocks]
    assert isinstance(block, Table)
    assert tuple(block.header) == ("What", "How deep")
    assert [cell.text for cell in block.rows[0]] == ["Kestrel", "7,420 metres"]


async def test_a_table_that_is_taken_out_leaves_no_names_to_judge(store: Store) -> None:
    table = "| What | How deep |\n|---|---|\n| Kestrel | 7,421 metres {c1} |"
    crew = Crew(document(table, DEEP), mended={"7,421": ""})
    report = await reported(store, crew)
    assert texts_of(report) == ["The trench is 7,420 metres deep."]
    assert [text for kind, text in crew.judged if kind == "heading"].count("What | How deep") == 1
