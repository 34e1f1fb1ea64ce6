"""What marks stand for: names of what there is not are told, and so are figures that stand nowhere."""

from decimal import Decimal

import pytest

from agents.writing.marks import read_mark
from agents.writing.outline import calculated
from agents.writing.resolving import Resolver
from research.domain import (
    Calculation,
    DraftSentence,
    PlannedCalculation,
    Quote,
    RunEvidence,
    SearchLog,
)
from research.reporting.calculations import LONGEST, result
from tests.agents.writing.pages import resolver_of

TEXTS = (
    "Revenue was $46.9M in 2026. It was $28M in 2025.",
    "The company has 84 people. Costs were $1,250.5 thousand.",
)


@pytest.fixture
def resolver() -> Resolver:
    return resolver_of(*TEXTS, question="We would pay 12,000 dollars a year.")


def written(resolver: Resolver, text: str, *bodies: str) -> DraftSentence:
    """The sentence with these marks at its end."""
    marks = [mark for body in bodies if (mark := read_mark(body)) is not None]
    assert len(marks) == len(bodies)
    return resolver.sentence(text, [(len(text), mark) for mark in marks])


def planned(id: str, expression: str, **inputs: tuple[str, str]) -> PlannedCalculation:
    return PlannedCalculation(id=id, label="growth", expression=expression, inputs=inputs)


def test_claims_and_sentences_become_quotes(resolver: Resolver) -> None:
    sentence = written(resolver, "Revenue grew.", "c1, d1.2")
    assert sentence.kind == "fact" and sentence.claims == ("c1",)
    assert [one.quote for one in sentence.evidence if isinstance(one, Quote)] == [
        "Revenue was $46.9M in 2026.",
        "It was $28M in 2025.",
    ]
    (mark,) = sentence.marks
    assert (mark.evidence, mark.refs) == ((0, 1), ("c1", "d1.2"))


@pytest.mark.parametrize("body", ["c99", "d9.1", "d1.77", "K7", "run-gone"])
def test_a_name_that_stands_for_nothing_is_told(resolver: Resolver, body: str) -> None:
    sentence = written(resolver, "Revenue grew.", body)
    assert sentence.evidence == ()
    assert resolver.problems(sentence) == [f"{body} is no claim, sentence or calculation"]


def test_an_unknown_name_beside_a_known_one_is_told(resolver: Resolver) -> None:
    assert resolver.problems(written(resolver, "Revenue grew.", "c1, c99")) == [
        "c99 is no claim, sentence or calculation"
    ]


def test_planned_calculations_use_figures_that_stand_in_what_they_name_and_each_other(
    resolver: Resolver,
) -> None:
    made, wrong = calculated(
        [
            planned(
                "K1", "(now - before) / before * 100", now=("46.9", "c1"), before=("28", "d1.2")
            ),
            planned("K2", "growth / 12", growth=("67.5", "K1")),
        ],
        resolver,
    )
    assert wrong == []
    assert made["K1"].value == "67.5" and Decimal(made["K2"].value) == Decimal("5.625")
    assert made["K2"].expression == "(x1 - x2) / x2 * 100 / 12"
    assert [len(one.evidence) for one in made["K2"].inputs] == [1, 1]
    sentence = written(resolver, "Revenue grew by 67.5 %.", "K1")
    assert sentence.kind == "computed" and [one.type for one in sentence.evidence] == [
        "calculation",
        "quote",
        "quote",
    ]
    assert resolver.problems(sentence) == []


REFUSED = {
    "another figure": planned("K1", "a * 2", a=("47.9", "c1")),
    "of another claim": planned("K1", "a * 2", a=("85", "c1")),
    "of no claim": planned("K1", "a * 2", a=("84", "")),
    "of a claim that there is not": planned("K1", "a * 2", a=("84", "c77")),
    "no number": planned("K1", "a * 2", a=("forty", "c1")),
    "not finite": planned("K1", "a * 2", a=("NaN", "c1")),
    "an earlier one that there is not": planned("K2", "a * 2", a=("67.5", "K1")),
    "a name that is no input": planned("K1", "a * b", a=("46.9", "c1")),
    "no arithmetic": planned("K1", "__import__('os')", a=("46.9", "c1")),
    "by nothing": planned("K1", "a / 0", a=("46.9", "c1")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_calculation_over_what_stands_nowhere_is_not_done(resolver: Resolver, name: str) -> None:
    made, wrong = calculated([REFUSED[name]], resolver)
    assert made == {} and len(wrong) == 1 and wrong[0].startswith(REFUSED[name].id)


@pytest.mark.parametrize(
    ("value", "ref"),
    [
        ("46.9", "c1"),
        ("1,250.5", "c4"),
        ("1,250.5", "d2.2"),
        ("12000", ""),
        ("100", ""),
        ("365", "c1"),
        ("84", "c1, c3"),
    ],
)
def test_a_figure_may_be_of_its_claim_the_question_or_the_calendar(
    resolver: Resolver, value: str, ref: str
) -> None:
    made, wrong = resolver.arithmetic.calculate(planned("K1", "a + 1", a=(value, ref)))
    assert wrong == [] and made is not None


def test_a_calculation_on_the_spot_is_evaluated_from_the_sentences_it_names(
    resolver: Resolver,
) -> None:
    sentence = written(resolver, "That is 1.675 times as much.", "= 46.9 / 28; c1, c2")
    (made,) = [one for one in sentence.evidence if isinstance(one, Calculation)]
    assert made.value == "1.675" and {one.value for one in made.inputs} == {"46.9", "28"}
    assert all(one.evidence for one in made.inputs)
    assert sentence.kind == "computed" and resolver.problems(sentence) == []


@pytest.mark.parametrize(
    "body", ["= 46.9 / 29; c1, c2", "= 46.9 / before; c1", "= 46.9 / 0; c1", "= open('x'); c1"]
)
def test_a_calculation_on_the_spot_that_cannot_be_done_is_told(
    resolver: Resolver, body: str
) -> None:
    sentence = written(resolver, "That is a lot.", body)
    assert not any(isinstance(one, Calculation) for one in sentence.evidence)
    assert resolver.problems(sentence)


def test_equal_numbers_and_numbers_within_numbers_are_told_apart(resolver: Resolver) -> None:
    made, wrong = resolver.arithmetic.on_the_spot("2 * 28 + 28 - 2.0 * 12", ["c2"])
    assert wrong == [] and made is not None and made.value == "60"


def test_the_last_mark_of_a_kind_tells_what_a_sentence_is(resolver: Resolver) -> None:
    kinds = {
        "i: c1; medium; flips if restated": "inference",
        "c1": "fact",
        "= 46.9 / 28; c1, c2": "computed",
        "absent: d1": "absence",
        "given": "given",
        "method": "method",
    }
    assert {body: written(resolver, "So.", body).kind for body in kinds} == kinds
    assert resolver.sentence("So.", []).kind == "framing"
    assert (
        written(resolver, "So.", "c1", "i: c2; low").kind == "inference"
    )  # a fact within an inference


def test_an_inference_has_its_premises_how_sure_it_is_and_what_would_overturn_it(
    resolver: Resolver,
) -> None:
    drawn = written(resolver, "We read this as growth.", "i: c1, c2; medium; flips if restated")
    assert (drawn.confidence, drawn.overturned_by, drawn.claims) == (
        "medium",
        "restated",
        ("c1", "c2"),
    )
    assert (
        written(resolver, "We read this so.", "i: c1").confidence == "low"
    )  # unless it says that it is sure
    assert resolver.problems(written(resolver, "We read this so.", "i")) == [
        "an inference names what it rests on: claims, sentences, calculations, or given"
    ]


def test_an_absence_rests_on_the_log_or_on_the_documents_it_names(resolver: Resolver) -> None:
    (log,) = written(resolver, "No margin was found.", "absent").evidence
    assert log == resolver.log
    (named,) = written(resolver, "Page 1 gives no margin.", "absent: d1, d99").evidence
    document = resolver.documents.get(1)
    assert (
        isinstance(named, SearchLog)
        and document is not None
        and named.readings == (document.reading.id,)
    )


def test_a_calculation_over_others_starts_from_the_figures_that_were_read(
    resolver: Resolver,
) -> None:
    made, wrong = calculated(
        [
            planned("K1", "a / b", a=("46.9", "c1"), b=("84", "c3")),
            planned("K2", "a / b - 1", a=("46.9", "c1"), b=("28", "c2")),
            planned("K3", "x * 12 + y", x=("K1", ""), y=("K2", "")),
        ],
        resolver,
    )
    assert wrong == []
    assert made["K3"].expression == "x1 / x2 * 12 + (x3 / x4 - 1)"
    assert [(one.name, one.value) for one in made["K3"].inputs] == [
        ("x1", "46.9"),
        ("x2", "84"),
        ("x3", "46.9"),
        ("x4", "28"),
    ]
    assert all(one.evidence for one in made["K3"].inputs) and made["K3"].value.startswith("7.375")


def test_days_of_a_calculation_are_todays_or_bound_a_period_that_is_named() -> None:
    resolver = resolver_of(
        "At the end of Q1 2026 it had $9M. It was founded in 2019.",
        "The audit of March 2025 was late.",
        "It may open not before the third quarter of 2027. 合同于2028年第二季度签订。",
        today="2026-11-30",
    )
    for day, ref in (
        ("2026-03-31", "c1"),
        ("2019-01-01", "c2"),
        ("2025-03-31", "c3"),
        ("2027-07-01", "c4"),
        ("2028-04-01", "c5"),
    ):
        made, why = resolver.arithmetic.calculate(
            planned("K1", "b - a", a=(day, ref), b=("2026-11-30", ""))
        )
        assert made is not None and why == [] and made.inputs[0].evidence
    made, why = resolver.arithmetic.calculate(
        planned("K1", "(2026-11-30 - 2026-03-31) / a", a=("9", "c1"))
    )
    assert why == [] and made is not None and made.value.startswith("27.1")
    for day, ref in (
        ("2026-03-30", "c1"),
        ("2026-06-30", "c1"),
        ("2018-12-31", "c2"),
        ("2025-04-01", "c3"),
        ("2026-11-29", ""),
    ):
        assert (
            resolver.arithmetic.calculate(
                planned("K1", "b - a", a=(day, ref), b=("2026-11-30", ""))
            )[0]
            is None
        )


def test_what_only_scales_a_value_stands_in_no_source() -> None:
    resolver = resolver_of("Sales were 120 in 100 shops, 1 of them new, after 80.")
    made, why = resolver.arithmetic.on_the_spot("(120 / 80 - 1) * 100", ["c1"])
    assert made is not None and why == [] and made.value == "50"
    bound = {one.value: bool(one.evidence) for one in made.inputs}
    assert bound == {"120": True, "80": True, "1": False, "100": False}


def test_what_is_too_long_as_it_would_be_written_is_refused_at_once(resolver: Resolver) -> None:
    expression = "+".join(["a"] * (LONGEST // 3))  # shorter than the longest, without spaces
    made, why = resolver.arithmetic.calculate(planned("K1", expression, a=("46.9", "c1")))
    assert made is None and "longer than" in why[0]
    made, _ = resolver.arithmetic.calculate(planned("K1", expression[:200] + "a", a=("46.9", "c1")))
    assert made and result(made.expression, {"a": "46.9"}) == made.value


def test_a_result_of_the_outline_is_computed_with_by_its_name(resolver: Resolver) -> None:
    known, _ = calculated([planned("K1", "a - b", a=("46.9", "c1"), b=("28", "c2"))], resolver)
    resolver.know(known)
    made, why = resolver.arithmetic.on_the_spot("K1 * 84", ["K1", "c3"])
    assert made is not None and why == [] and made.value == "1587.6"


def test_figures_are_found_in_the_scale_and_words_of_their_source() -> None:
    resolver = resolver_of(
        "The loan is £1,250,000. It costs 61 pence a kilo. It takes five months."
    )
    for value, ref in (("1250", "c1"), ("1.25", "c1"), ("1250000", "c1"), ("5", "c3")):
        made, why = resolver.arithmetic.calculate(planned("K1", "a + 1", a=(value, ref)))
        assert made is not None, why
    for value, ref in (("1251", "c1"), ("12.5", "c1"), ("0.61", "c2"), ("4.5", "c3")):
        assert resolver.arithmetic.calculate(planned("K1", "a + 1", a=(value, ref)))[0] is None


def test_a_factor_stands_in_its_source_as_per_cent() -> None:
    resolver = resolver_of("Rent rises by 4 %. It keeps 15 % of the charge.")
    for value, ref, stands in (
        ("0.04", "c1", True),
        ("1.04", "c1", True),
        ("0.96", "c1", True),
        ("0.85", "c2", True),
        ("1.4", "c1", False),
        ("0.7", "c1", False),
    ):
        made, _ = resolver.arithmetic.calculate(planned("K1", "a * 100", a=(value, ref)))
        assert (made is not None) == stands, value


def test_a_day_of_the_question_has_the_year_of_what_was_read() -> None:
    resolver = resolver_of("The minutes of 2025 say so.", question="What holds on 22 October?")
    for day, stands in (("2025-10-22", True), ("2024-10-22", False), ("2025-10-23", False)):
        made, _ = resolver.arithmetic.calculate(planned("K1", "a + 75", a=(day, "")))
        assert (made is not None) == stands, day


def test_a_constant_is_never_taken_for_a_rounded_result() -> None:
    resolver = resolver_of("It needs 7 of 4 parts, and 31 of 3 of them.")
    made, _ = calculated([planned("K1", "a / b", a=("7", "c1"), b=("4", "c1"))], resolver)
    assert made["K1"].value == "1.75"
    sentence = written(resolver, "That is 5.5.", "= 5 + 1 / 2; K1")
    (calculation,) = (
        one for one in sentence.evidence if isinstance(one, Calculation) and one.value != "1.75"
    )
    assert calculation.value == "5.5" and {one.value for one in calculation.inputs} == {
        "5",
        "1",
        "2",
    }


def test_calculations_may_be_planned_in_any_order(resolver: Resolver) -> None:
    made, wrong = calculated(
        [planned("K2", "x * 2", x=("K1", "")), planned("K1", "a + 1", a=("84", "c3"))], resolver
    )
    assert wrong == [] and list(made) == ["K2", "K1"] and made["K2"].value == "170"


def test_a_figure_in_another_scale_needs_the_words_of_that_scale() -> None:
    resolver = resolver_of(
        "It has 250,000 readers and 45 shops. Its share is 45 %. 收入为1.5亿元。"
    )
    for value, ref, stands in (
        ("25", "c1", False),
        ("250", "c1", True),
        ("0.46", "c2", False),
        ("0.45", "c2", True),
        ("15000", "c3", True),
    ):
        assert (
            resolver.arithmetic.calculate(planned("K1", "a * 1", a=(value, ref)))[0] is not None
        ) == stands, (value, ref)
    alone = resolver_of("It has 45 shops.")
    assert alone.arithmetic.calculate(planned("K1", "a * 1", a=("0.45", "c1")))[0] is None


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01"])
def test_a_day_that_does_not_exist_is_told(day: str, resolver: Resolver) -> None:
    made, why = resolver.arithmetic.calculate(
        planned("K1", "b - a", a=(day, "c1"), b=("2026-03-31", "c1"))
    )
    assert made is None and any("no date" in one for one in why)
    assert any(
        day in one
        for one in resolver.problems(written(resolver, "So long.", f"= 2026-03-31 - {day}; c1"))
    )


def test_dates_in_an_expression_take_no_name_of_its_writer() -> None:
    resolver = resolver_of("It ran from 27 April 2026 to 27 July 2026.")
    made, why = resolver.arithmetic.calculate(
        planned("K1", "2026-07-27 - day0", day0=("2026-04-27", "c1"))
    )
    assert why == [] and made is not None and made.value == "91"
    assert any(
        "no number" in one for one in resolver.arithmetic.on_the_spot("2026-07-27 - d0", ["c1"])[1]
    )


def test_a_full_date_is_no_period() -> None:
    resolver = resolver_of("It opened on 15 March 2026.", "It is late, as it may be in 2024.")
    for day, ref in (("2026-03-31", "c1"), ("2026-12-31", "c1"), ("2024-05-31", "c2")):
        assert resolver.arithmetic.calculate(planned("K1", "a + 1", a=(day, ref)))[0] is None


def test_an_outline_names_its_calculations_by_numbers(resolver: Resolver) -> None:
    made, wrong = calculated([planned("x1", "a + 1", a=("84", "c3"))], resolver)
    assert made == {} and wrong == ["x1 (growth): its id is not K1, K2 and so on"]


def test_braces_that_name_sentences_but_are_no_mark_are_told(resolver: Resolver) -> None:
    assert resolver.problems(resolver.sentence("It is deep {K1, = 3*2; c9}.", [])) == [
        "{K1, = 3*2; c9} is no mark"
    ]
    assert resolver.problems(resolver.sentence("It takes `{c9}` and {sig}.", [])) == []


def test_an_absence_in_named_documents_tells_of_those_alone(resolver: Resolver) -> None:
    (log,) = written(resolver, "It is not told.", "absent: d1").evidence
    assert isinstance(log, SearchLog) and (log.queries, log.pages) == ((), 1)


def test_of_several_conclusions_in_one_place_the_least_sure_counts(resolver: Resolver) -> None:
    said = written(resolver, "It may grow.", "i: c1; high", "i: c2; medium; flips if costs rise")
    assert (said.confidence, said.overturned_by) == ("medium", "costs rise")


def test_a_conclusion_may_rest_on_what_was_not_found(resolver: Resolver) -> None:
    said = written(resolver, "It may have no debt.", "i: c1, absent; low")
    assert said.kind == "inference" and resolver.problems(said) == []
    assert [one.type for one in said.evidence] == ["quote", "search_log"]


def test_a_calculation_may_start_from_what_a_program_printed() -> None:
    resolver = resolver_of("A row has 7. A row has 9.", outputs={"a1": "mean use 7.6043 kg"})
    run = RunEvidence(run_id="a1", code_sha256="0" * 64, inputs=("d1.1", "d1.2"))
    resolver.runs = {"run-a1": run}
    made, why = resolver.arithmetic.on_the_spot("7.60 * 46.5", ["run-a1"])
    assert made is None and why == ["x2 = 46.5 stands in none of run-a1"]
    made, why = resolver.arithmetic.on_the_spot("7.60 * 12", ["run-a1"])
    assert why == [] and made is not None and made.inputs[0].evidence == (run,)
    resolver.know({"K1": made})
    found, unknown = resolver.evidence(["K1"])
    assert unknown == [] and [one.type for one in found] == ["calculation", "run", "quote"]


def test_a_figure_under_a_heading_of_thousands_is_found() -> None:
    resolver = resolver_of(
        "Debt, £000: 2,100. It fell. Then more was said here.", "Debt was 3,100."
    )
    assert resolver.arithmetic.calculate(planned("K1", "a + 1", a=("2100000", "c1")))[0] is not None
    assert resolver.arithmetic.calculate(planned("K1", "a + 1", a=("3100000", "c4")))[0] is None


def test_a_figure_of_the_outline_is_computed_with_again(resolver: Resolver) -> None:
    known, _ = calculated([planned("K1", "a - b", a=("46.9", "c1"), b=("28", "c2"))], resolver)
    resolver.know(known)
    made, why = resolver.arithmetic.on_the_spot("46.9 / K1", ["K1"])
    assert why == [] and made is not None and made.inputs[0].evidence
    assert resolver.arithmetic.on_the_spot("46.8 / K1", ["K1"])[0] is None


def test_a_run_is_cited_with_what_is_named_beside_it_else_with_all_that_it_started_from() -> None:
    resolver = resolver_of("Use was 7.", "Use was 9.", "Nothing else.")
    run = RunEvidence(run_id="a1", code_sha256="0" * 64, inputs=("d1.1", "d2.1"))
    resolver.runs = {"run-a1": run}

    def cited(*refs: str) -> list[str]:
        return [one.quote for one in resolver.quotes(refs)]

    assert cited("run-a1") == ["Use was 7.", "Use was 9."]
    assert cited("run-a1", "d2.1") == ["Use was 9."]


@pytest.mark.parametrize("value", ["5e9", "9e5", "5_9"])
def test_a_figure_in_a_spelling_of_programs_is_none_of_its_parts(value: str) -> None:
    resolver = resolver_of("It sold 5 million in 9 shops.")
    assert resolver.arithmetic.calculate(planned("K1", "a * 1", a=(value, "c1")))[0] is None


def test_a_figure_of_a_calculation_that_is_not_named_is_none(resolver: Resolver) -> None:
    known, _ = calculated([planned("K1", "a - b", a=("46.9", "c1"), b=("28", "c2"))], resolver)
    resolver.know(known)
    assert resolver.arithmetic.on_the_spot("46.9 / 2", ["d2.1"])[0] is None


def test_unknown_names_beside_what_was_not_found_are_told(resolver: Resolver) -> None:
    said = written(resolver, "It may have no debt.", "i: c999, d77.3, absent; low")
    assert resolver.problems(said) == [
        "c999 is no claim, sentence or calculation",
        "d77.3 is no claim, sentence or calculation",
    ]


def test_a_day_without_its_year_is_of_a_year_near_it() -> None:
    resolver = resolver_of(
        "签约日为1月11日。",
        "It was signed on 11 January. It began in 2024.",
        today="2026-12-01",
    )
    for day, ref, stands in (
        ("2027-01-11", "c1", True),
        ("2026-01-11", "c1", True),
        ("2027-01-12", "c1", False),
        ("2029-01-11", "c1", False),
        ("2020-01-11", "c2", True),  # the year its page was published in
        ("2024-01-11", "c2", True),
        ("2021-01-11", "c2", False),
    ):
        made, _ = resolver.arithmetic.calculate(planned("K1", "a + 75", a=(day, ref)))
        assert (made is not None) == stands, day


def test_a_result_with_a_name_is_used_again_by_it(resolver: Resolver) -> None:
    resolver.know({})
    first = written(resolver, "It is 18.9 more", "K41 = 46.9 - 28; c1, c2")
    assert first.kind == "computed" and resolver.problems(first) == []
    again = written(resolver, "It is 18.9 more", "K41")
    assert resolver.problems(again) == [] and again.evidence[0] == first.evidence[0]
    double = written(resolver, "It is 37.8", "= K41 * 2; K41")
    assert resolver.problems(double) == [] and double.evidence[0].value == "37.8"  # type: ignore[union-attr]


def test_numbers_in_groups_are_computed_with(resolver: Resolver) -> None:
    made, why = resolver.arithmetic.on_the_spot("1,250,500 - 46.9 * 1,000", ["c1", "c4"])
    assert made and why == [] and made.value == "1203600"
    made, _ = resolver.arithmetic.on_the_spot("max(84,28)", ["c2", "c3"])
    assert made and made.value == "84"


def test_a_result_of_the_outline_keeps_its_name(resolver: Resolver) -> None:
    made, _ = calculated([planned("K1", "a - b", a=("46.9", "c1"), b=("28", "c2"))], resolver)
    resolver.know(made)
    written(resolver, "It is 46.9", "K1 = 46.9 + 0; c1")
    assert resolver.arithmetic.known["K1"].value == "18.9"
