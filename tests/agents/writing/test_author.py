"""The writer's text as a draft: one author, several side by side, and what is left when it gives
nothing."""

import re
from decimal import Decimal

from agents.writing.author import plan_told
from agents.writing.outline import calculated
from research.domain import (
    Contradiction,
    Outline,
    PlannedCalculation,
    PlannedSection,
    Recommendation,
    Remark,
    Side,
)
from research.store.database import Store
from tests.agents.writing.desks import NOTHING, Crew, reported, written
from tests.agents.writing.pages import resolver_of

LONG = Outline(
    title="The trench",
    thesis="It is deep.",
    sections=(
        PlannedSection(heading="Depth", words=2_000),
        PlannedSection(heading="Age", words=2_000),
    ),
)


class SideBySide(Crew):
    """Authors of sections side by side; one that is told to fails."""

    failing = ""

    def answer(self, role, messages, schema):  # type: ignore[no-untyped-def]
        prompt = messages[-1]["content"]
        if "Write the section “" not in prompt:
            return super().answer(role, messages, schema)
        heading = prompt.split("Write the section “")[1].split("”")[0]
        return (
            NOTHING
            if heading == self.failing
            else f"## {heading}\n\nThe {heading.lower()} is told {{c1}}.\n\nIt is told twice {{c1}}."
        )


def told(draft: object) -> list[tuple[str, list[str]]]:
    return [(section.heading, [s.text for s in section.written()]) for section in draft.sections]  # type: ignore[attr-defined]


async def test_a_long_report_is_written_side_by_side_and_edited_as_one(store: Store) -> None:
    edited = {
        "lacking": ["that it is very deep"],
        "answer": "It is deep {c1}.",
        "blocks": [
            {"id": "b7", "markdown": ""},
            {"id": "b3", "markdown": "It is very deep {c1}."},
            {"id": "b77", "markdown": "x"},
        ],
    }
    draft, _ = await written(store, SideBySide(edited=edited), outline=LONG)
    assert draft.title == "The trench" and [s.text for s in draft.answer] == ["It is deep."]
    assert told(draft) == [
        ("Depth", ["It is very deep.", "It is told twice."]),
        ("Age", ["The age is told."]),
    ]


async def test_a_section_that_fails_and_an_editor_that_fails_leave_the_rest(store: Store) -> None:
    crew = SideBySide()
    crew.failing = "Age"
    draft, _ = await written(store, crew, outline=LONG)
    assert (
        told(draft) == [("Depth", ["The depth is told.", "It is told twice."])]
        and draft.answer == ()
    )


ONE = Outline(
    title="T", thesis="It is deep.", sections=(PlannedSection(heading="Depth", words=200),)
)
WRITTEN = """# The trench

## Depth

It is deep {c1}.

| What | How deep |
|---|---|
| Kestrel | 7,420 metres {c1} |

```
# no title, a comment
```

# Short answer

It is deep {c1}."""


async def test_a_report_is_edited_by_blocks_and_its_short_answer_is_mended(store: Store) -> None:
    mended = "It is 7,420 metres deep {c1}.\n\n**When it was found**\n\nIt was found in 1931 {c2}."
    edited = {
        "lacking": ["when"],
        "answer": "It is 7,420 metres deep {c1}.",
        "blocks": [{"id": "b3", "markdown": mended}],
    }
    draft, _ = await written(store, Crew(WRITTEN, edited=edited), outline=ONE)
    assert [s.text for s in draft.answer] == ["It is 7,420 metres deep."]
    assert [(section.heading, section.level) for section in draft.sections] == [
        ("Depth", 2),
        ("When it was found", 3),
    ]
    assert [s.text for s in draft.written()][1:4] == [
        "It is 7,420 metres deep.",
        "It was found in 1931.",
        "Kestrel",
    ]


async def test_an_editor_that_leaves_all_as_it_is_changes_nothing(store: Store) -> None:
    plain, _ = await written(store, Crew(WRITTEN))
    edited, _ = await written(
        store, Crew(WRITTEN, edited={"lacking": [], "answer": "", "blocks": []}), outline=ONE
    )
    assert told(edited) == told(plain) and edited.title == plain.title
    assert [s.text for s in edited.answer] == [s.text for s in plain.answer] == ["It is deep."]


async def test_an_edit_of_a_report_without_a_title_leaves_the_short_answer_its_place(
    store: Store,
) -> None:
    edited = {"lacking": [], "answer": "It is very deep {c1}.", "blocks": []}
    draft, _ = await written(
        store, Crew("## Depth\n\nIt is deep {c1}.", edited=edited), outline=ONE
    )
    assert draft.title == "T" and [s.text for s in draft.answer] == ["It is very deep."]
    assert told(draft) == [("Depth", ["It is deep."])]


async def test_a_line_in_strong_words_is_a_heading_in_the_body_alone(store: Store) -> None:
    text = "# T\n\n**Depth**\n\nIt is deep {c1}.\n\n# Short answer\n\n**Dive there**\n\nIt is deep {c1}."
    draft, _ = await written(store, Crew(text))
    assert told(draft) == [("Depth", ["It is deep."])]
    assert [s.text for s in draft.answer] == ["**Dive there**", "It is deep."]


async def test_without_a_writer_the_sources_speak_under_their_titles(store: Store) -> None:
    draft, known = await written(store, Crew())
    assert told(draft) == [
        ("Page 1", ["The Kestrel Trench is 7,420 metres deep.", "It was found in 1931."]),
        ("Page 2", ["A gauge gave 7,510 metres.", "The gauge was old."]),
    ]
    assert await store.fallbacks(known.run.job.id) == ["write"]


async def test_parts_that_nothing_answers_make_a_report_partial_or_insufficient(
    store: Store,
) -> None:
    text = "# T\n\nIt is deep {c1}."
    draft, _ = await written(store, Crew(text), outline=Outline(unanswered=(1,)))
    assert (draft.complete, draft.answered) == (False, False)
    draft, _ = await written(store, Crew(text))
    assert (draft.complete, draft.answered) == (True, True)


def test_the_writer_is_told_the_plan_with_the_values_of_its_calculations() -> None:
    planned = PlannedCalculation(
        id="K1",
        label="growth",
        expression="a / b",
        unit="x",
        inputs={"a": ("46.9", "c1"), "b": ("28", "c2")},
    )
    lost = PlannedCalculation(id="K2", label="margin", expression="a", inputs={"a": ("77", "c1")})
    known = resolver_of("Revenue was 46.9. It was 28.")
    made, wrong = calculated([planned, lost], known)
    outline = Outline(
        title="T",
        thesis="It grew.",
        tensions=(Remark(text="Promise against test.", ids=("c1", "c2")),),
        recommendation=Recommendation(text="Buy.", because="It grew.", flips_if="restated"),
        unanswered=(2,),
        contradictions=(
            Contradiction(
                topic="revenue",
                kind="conflict",
                note="The later one weighs more.",
                sides=tuple(
                    Side(text=f"It was {value}.", evidence=tuple(known.quotes([id])))
                    for value, id in (("46.9", "c1"), ("28", "c2"))
                ),
            ),
        ),
        sections=(
            PlannedSection(
                heading="Growth", point="It grew.", words=200, form="table", ids=("c1",)
            ),
        ),
    )
    lines = plan_told(outline, made, wrong, known.documents).splitlines()
    assert Decimal(made["K1"].value) == Decimal("1.675")
    assert (
        "Sources differ on revenue: It was 46.9. (d1.1) against: It was 28. (d1.2) "
        "The later one weighs more."
    ) in lines
    assert "K1 growth = 1.675 x" in lines and any(
        line.startswith("Cannot be computed: K2 (margin)") for line in lines
    )
    assert (
        "Tension: Promise against test. (c1, c2)" in lines
        and "Recommendation: Buy. Because: It grew. It flips if: restated" in lines
    )
    assert (
        "Not answered by what was read: P2" in lines
        and "## Growth (table, about 200 words): It grew. [c1]" in lines
    )


async def test_a_length_counts_tables_where_the_question_does(store: Store) -> None:
    lengths: list[int] = []
    for counts, said in ((True, "tables included"), (False, "tables aside")):
        row = "| Kestrel | 7,420 metres {c1} |"
        text = WRITTEN.replace(row, "\n".join([row] * 9))
        crew = Crew(text, edited={"lacking": [], "answer": "", "blocks": []})
        await written(store, crew, outline=ONE.replace(counts_tables=counts))
        writing, editing = crew.asked[-2:]
        assert said in writing
        (told,) = re.findall(rf"about (\d+) words long, {said}", editing)
        lengths.append(int(told))
    assert lengths[0] >= lengths[1] + 20


async def test_a_report_that_its_edit_left_too_long_is_edited_once_more(store: Store) -> None:
    class Editor(Crew):
        def answer(self, role, messages, schema):  # type: ignore[no-untyped-def]
            told = re.search(r"about (\d+) words long", messages[-1]["content"])
            if told:
                longer = " ".join(
                    f"It is {n} metres deep {{c1}}." for n in range(0 if lengths else 100)
                )
                lengths.append(int(told[1]))
                blocks = [{"id": "b3", "markdown": longer}]
                return {"lacking": [], "answer": "It is deep {c1}.", "blocks": blocks}
            return super().answer(role, messages, schema)

    lengths: list[int] = []
    sections = (PlannedSection(heading="Depth", words=60),)
    draft, _ = await written(store, Editor(WRITTEN), outline=ONE.replace(sections=sections))
    assert len(lengths) == 2 and lengths[1] >= 300
    assert "It is 1 metres deep." not in [s.text for s in draft.written()]


async def test_a_result_that_the_writer_named_is_known_to_the_gates(store: Store) -> None:
    text = (
        "# T\n\n## Depth\n\nTwo of them make 14,840 metres {K41 = 7420 * 2; c1}.\n\n"
        "Half of that is 7,420 metres {= K41 / 2; K41}, of 14,840 {K41}."
    )
    report = await reported(store, Crew(text))
    assert (report.quality.first_pass_supported, report.quality.dropped) == (2, 0)
