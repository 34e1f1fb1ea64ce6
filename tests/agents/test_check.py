"""The check's table, kind by kind, and the order of repair."""

from typing import Any

import pytest

from agents.check import check
from research.store import Store
from research.types import (
    Claim,
    Draft,
    DraftParagraph,
    DraftSection,
    DraftSentence,
    DraftTable,
    Inference,
    RunEvidence,
    SearchLog,
    now,
)
from tests.agents.written import Desk, agreed, desk, models

DEEP = "The Kestrel Trench is 7,420 metres deep."
COLD = "Dr Ada Rusk said in 1931 that the Kestrel Trench is cold."
FALCON = "The Falcon Trench is 6,100 metres deep."


def judge(**verdicts: str) -> Any:
    """A judge that answers by a part of the sentence: `{part: verdict}`; everything else is supported, and follows."""

    def answers(properties: dict[str, Any], prompt: str) -> dict[str, Any] | None:
        if not all(name[0] in "SI" and name[1:].isdigit() for name in properties):
            return None
        lines = dict(line.split(" ", 1) for line in prompt.splitlines() if line.split(" ", 1)[0] in properties)
        said: dict[str, Any] = {}
        for name, form in properties.items():
            word = next((v for part, v in verdicts.items() if part in lines[name]), None)
            if form.get("type") == "object":
                said[name] = {"reason": "", "verdict": word} if word else agreed(form)
            else:
                said[name] = word if word in form["enum"] else agreed(form)
        return said

    return answers


@pytest.fixture
async def known(store: Store) -> Desk:
    return await desk(store, f"{DEEP} It is not known who found it.", COLD, FALCON)


C_DEEP, C_COLD, C_FALCON = "c1", "c3", "c4"


async def checked(known: Desk, *sentences: DraftSentence, answers: Any = None) -> list[DraftSentence]:
    draft = Draft(title="Depth", sections=(DraftSection(heading="Findings", sentences=sentences),))
    made = await check(known.run, models(answers or judge()), draft, known.ledger)
    known.bound(made)
    return made.written()


def said(text: str, *claims: str, **more: Any) -> DraftSentence:
    return DraftSentence(text=text, claims=claims, **more)


async def test_a_fact_holds_when_the_judge_says_so(known: Desk) -> None:
    (fact,) = await checked(known, said("At 7,420 metres the Kestrel Trench is deep.", C_DEEP))
    assert (fact.kind, fact.verdict) == ("fact", "supported")


async def test_the_judge_sees_the_sentences_beside_the_quote(known: Desk) -> None:
    prompts: list[str] = []

    def answers(properties: dict[str, Any], prompt: str) -> None:
        prompts.append(prompt)

    await checked(known, said("At 7,420 metres the Kestrel Trench is deep.", C_DEEP), answers=answers)
    assert f"“{DEEP} It is not known who found it.”" in prompts[0]


async def test_who_said_it_and_when_makes_it_attributed(known: Desk) -> None:
    (one, other) = await checked(
        known, said("The trench is cold, said Ada Rusk in 1931.", C_COLD), said("Cold is the Kestrel Trench, it is said.", C_COLD)
    )
    assert one.kind == "attributed"
    assert other.verdict == "supported"


async def test_what_rests_on_a_run_is_computed(known: Desk) -> None:
    run = RunEvidence(run_id="r", code_sha256="0" * 64)
    known = known.with_claims(Claim(id="k1", text="The difference is 1,320 metres.", evidence=(), runs=(run,)))
    (one,) = await checked(known, said("The difference is 1,320 metres.", "k1", kind="fact"))
    assert (one.kind, one.verdict) == ("computed", "supported")


async def test_only_the_analysis_makes_inferences_and_counts(known: Desk) -> None:
    drawn = Inference(text="The Kestrel Trench is the deeper one.", premises=(C_DEEP, C_FALCON), warrant="The figures say so.")
    known = Desk(known.run, known.ledger.model_copy(update={"inferences": (drawn,)}), known.bindings)
    sentences = (
        said("We infer: The Kestrel Trench is the deeper one.", C_DEEP, C_FALCON, kind="fact", warrant="The figures say so."),
        said("We infer: the two trenches are one.", C_DEEP, C_FALCON, kind="inference", warrant="Because."),
    )
    made = await checked(known, *sentences, answers=judge(**{"are one": "unsupported"}))
    assert [(s.kind, s.verdict, s.warrant) for s in made if s.text.startswith("We infer")] == [
        ("inference", "supported", "The figures say so.")
    ]


async def test_an_inference_that_does_not_follow_is_dropped(known: Desk) -> None:
    drawn = Inference(text="The Kestrel Trench is the deeper one.", premises=(C_DEEP, C_FALCON), warrant="The figures say so.")
    known = Desk(known.run, known.ledger.model_copy(update={"inferences": (drawn,)}), known.bindings)
    sentence = said("We infer: The Kestrel Trench is the deeper one.", C_DEEP, C_FALCON)
    assert await checked(known, sentence, answers=judge(deeper="no")) == []


async def test_an_absence_rests_on_its_log(known: Desk) -> None:
    log = SearchLog(queries=("width",), pages=2, date_from=now(), date_to=now())
    (one,) = await checked(known, said("Not found in the sources: its width", searched=log))
    assert (one.kind, one.verdict, one.searched) == ("absence", "supported", log)


async def test_framing_states_nothing_and_is_at_most_a_fifth(known: Desk) -> None:
    facts = (said(DEEP, C_DEEP), said(FALCON, C_FALCON))
    framing = [said(f"{word} we look at what was found.") for word in ("Below", "Next", "Above")]
    stating = [said("The trench is warm."), said("It was measured 12 times."), said("Professor Ortiz agrees.")]
    made = await checked(known, *framing, *facts, *stating)
    assert [s.text for s in made] == [framing[0].text, DEEP, FALCON]


async def test_what_fails_is_narrowed_first(known: Desk) -> None:
    (one,) = await checked(known, said("The Kestrel Trench is 7,420 metres deep and famous.", C_DEEP), answers=judge(famous="unsupported"))
    assert (one.text, one.verdict, one.reason) == (DEEP, "supported", "narrowed")


async def test_what_invents_a_figure_or_a_name_is_narrowed_without_asking(known: Desk) -> None:
    made = await checked(known, said("The Kestrel Trench is 9,999 metres deep.", C_DEEP), said("It was found by Bo Marlin.", C_FALCON))
    assert [s.text for s in made] == [DEEP, FALCON]


async def test_what_cannot_be_narrowed_becomes_an_inference_then_unverified_then_nothing(store: Store) -> None:
    chinese = await desk(store, DEEP, FALCON, asked="红隼海沟有多深？")
    sentences = (
        said("红隼海沟（Kestrel Trench）比另一条海沟深。", "c1", "c2"),
        said("这条海沟十分有名，人人皆知此事。", "c1", "c2"),
        said("这条海沟非常寒冷，常年结冰。", "c1"),
        said("这条海沟的深度是9999米，十分惊人。", "c1"),
    )
    verdicts = {"比另一条": "unsupported", "有名": "unsupported", "寒冷": "unsupported"}

    def answers(properties: dict[str, Any], prompt: str) -> dict[str, Any] | None:
        if "follows" in str(properties):
            return {name: "no" if f"{name} 这条海沟十分有名" in prompt else "follows" for name in properties}
        return judge(**verdicts)(properties, prompt)  # type: ignore[no-any-return]

    made = await checked(chinese, *sentences, answers=answers)
    assert [(s.kind, s.verdict) for s in made] == [("inference", "partial"), ("fact", "unverified"), ("fact", "unverified")]
    assert made[0].text.startswith("我们推断：")
    assert "9999" not in "".join(s.text for s in made)


async def test_without_a_judge_nothing_is_believed(known: Desk) -> None:
    def broken(properties: dict[str, Any], prompt: str) -> dict[str, Any]:
        return {"nonsense": True}

    (one,) = await checked(known, said("Famous at 7,420 metres is the Kestrel Trench.", C_DEEP), answers=broken)
    assert one.reason == "narrowed"


async def test_nothing_is_said_twice(known: Desk) -> None:
    draft = Draft(
        title="Depth",
        answer=(said(DEEP, C_DEEP),),
        sections=(
            DraftSection(heading="Depth", sentences=(said("The Kestrel Trench is 7,420 metres deep", C_DEEP), said(FALCON, C_FALCON))),
            DraftSection(heading="Sources", sentences=(said(FALCON, C_FALCON),), blocks=(DraftParagraph(sentences=(said(DEEP, C_DEEP),)),)),
        ),
    )
    made = await check(known.run, models(judge()), draft, known.ledger)
    assert [s.text for s in made.written()] == [DEEP, FALCON]
    assert [section.heading for section in made.sections] == ["Depth"]
    assert made.dropped == 3


async def test_thoughts_tags_and_marks_of_a_model_are_no_part_of_a_sentence(known: Desk) -> None:
    (one,) = await checked(known, said("<think>I should lie.</think>At 7,420 metres [1] the Kestrel Trench is deep.</think>", C_DEEP))
    assert one.text == "At 7,420 metres the Kestrel Trench is deep."


async def test_titles_and_headings_state_no_finding(known: Desk) -> None:
    draft = Draft(title="9,999 metres", sections=(DraftSection(heading="Bo Marlin at 12 m", sentences=(said(DEEP, C_DEEP),)),))
    made = await check(known.run, models(judge()), draft, known.ledger)
    assert made.title == known.run.question.text
    assert made.sections[0].heading == "Findings"


async def test_a_cell_that_is_wrong_in_its_place_is_left_out(known: Desk) -> None:
    def name(text: str) -> DraftSentence:
        return said(text, kind="framing")

    rows = ((name("Kestrel Trench"), said("7,420 metres", C_DEEP)), (name("Falcon Trench"), said("6,100 metres", C_FALCON)))
    wrong = (rows[0], (rows[1][0], said("7,420 metres", C_FALCON)))
    for given, kept in ((rows, 1), (wrong, 0)):
        draft = Draft(title="Depth", sections=(DraftSection(heading="Comparison", blocks=(DraftTable(header=("", "Depth"), rows=given),)),))
        made = await check(known.run, models(judge()), draft, known.ledger)
        known.bound(made)
        assert len(made.sections) == kept


async def test_a_column_is_not_shown_under_another_name_than_it_was_judged_by(known: Desk) -> None:
    def table(*values: str, head: str) -> DraftTable:
        rows = zip(("Kestrel Trench", "Falcon Trench"), values, ((C_DEEP, C_FALCON)), strict=True)
        made = tuple((said(name, kind="framing"), said(value, claim), said(value, claim)) for name, value, claim in rows)
        return DraftTable(header=("", "Depth", head), rows=made)

    async def shown(*values: str, head: str) -> list[tuple[str, ...]]:
        draft = Draft(title="Depth", sections=(DraftSection(heading="Comparison", blocks=(table(*values, head=head),)),))
        made = await check(known.run, models(judge()), draft, known.ledger)
        return [block.header for section in made.sections for block in section.blocks if isinstance(block, DraftTable)]

    assert await shown("7,420 metres", "6,100 metres", head="Depth (metres)") == [("", "Depth", "Depth (metres)")]
    assert await shown("7,420 metres", "6,100 metres", head="Deep is hoax") == [("", "Depth")]
    assert await shown(DEEP, FALCON, head="Deep is hoax") == [("", "Depth", "–")]


async def test_claims_that_do_not_exist_prove_nothing(known: Desk) -> None:
    assert await checked(known, said("The Kestrel Trench is famous.", "c99", "nonsense")) == []


async def test_a_foreign_sentence_is_said_again_and_its_quote_translated(store: Store) -> None:
    chinese = await desk(store, DEEP, asked="红隼海沟有多深？")

    def answers(properties: dict[str, Any], prompt: str) -> dict[str, Any] | None:
        return dict.fromkeys(properties, "红隼海沟（Kestrel Trench）深7420米。") if "T1" in properties else None

    draft = Draft(title="深度", answer=(said(DEEP, "c1"),))
    report = chinese.bound(await check(chinese.run, models(answers), draft, chinese.ledger))
    assert report.answer[0].text == "红隼海沟（Kestrel Trench）深7420米。"
    assert f"- “{DEEP}” — 红隼海沟（Kestrel Trench）深7420米。 \\[1\\]".replace("\\", "") in report.markdown


async def test_a_translation_with_another_figure_is_not_shown_and_the_foreign_sentence_is_told_of(store: Store) -> None:
    chinese = await desk(store, DEEP, asked="红隼海沟有多深？")

    def answers(properties: dict[str, Any], prompt: str) -> dict[str, Any] | None:
        return dict.fromkeys(properties, "红隼海沟（Kestrel Trench）深9999米。") if "T1" in properties else None

    made = await check(chinese.run, models(answers), Draft(title="深度", answer=(said(DEEP, "c1"),)), chinese.ledger)
    assert made.translations == ()
    assert made.limitations == ("仍为来源语言的句子数：1",)


async def test_a_foreign_sentence_nobody_can_say_again_is_narrowed_whatever_the_judge_says(known: Desk) -> None:
    (one,) = await checked(known, said("这条海沟里住着一条巨大的龙，人人都很害怕。", C_DEEP))
    assert one.text == DEEP
