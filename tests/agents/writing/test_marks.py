"""Every form of a mark, and every place one is put."""

import pytest

from agents.writing.marks import WrittenMark, lift, read_mark, read_marks, split_signs

FORMS = {
    "c9": WrittenMark("rests", ("c9",)),
    " c9, d3.12 ": WrittenMark("rests", ("c9", "d3.12")),
    "c9; d3.12; c9": WrittenMark("rests", ("c9", "d3.12")),
    "c9 c10": WrittenMark("rests", ("c9", "c10")),
    "c9，d3.12、c4": WrittenMark("rests", ("c9", "d3.12", "c4")),
    "d3.12-15": WrittenMark("rests", ("d3.12-15",)),
    "d3.12 – d3.15": WrittenMark("rests", ("d3.12–d3.15",)),
    "K1": WrittenMark("rests", ("K1",)),
    "run-ab12": WrittenMark("rests", ("run-ab12",)),
    "= (46.9 / 84.8) * 100; c9, c12": WrittenMark(
        "calculation", ("c9", "c12"), expression="(46.9 / 84.8) * 100"
    ),
    "=2*3": WrittenMark("calculation", expression="2*3"),
    "i: c9, K1; medium; flips if it rains": WrittenMark(
        "inference", ("c9", "K1"), confidence="medium", overturned_by="it rains"
    ),
    "i: c9 | low": WrittenMark("inference", ("c9",), confidence="low"),
    "I: c9; HIGH": WrittenMark("inference", ("c9",), confidence="high"),
    "inference: c9; c2; flips if c3 is wrong": WrittenMark(
        "inference", ("c9", "c2"), overturned_by="c3 is wrong"
    ),
    "i：c9，K1；low；若有更正": WrittenMark(
        "inference", ("c9", "K1"), confidence="low", overturned_by="若有更正"
    ),
    "i": WrittenMark("inference"),
    "i; low; flips if it rains": WrittenMark(
        "inference", confidence="low", overturned_by="it rains"
    ),
    "d2.313, i: d2.314; high; flips if it rains": WrittenMark(
        "inference", ("d2.313", "d2.314"), confidence="high", overturned_by="it rains"
    ),
    "d1.2, given": WrittenMark("rests", ("d1.2",)),
    "i: given; low; flips if it rains": WrittenMark(
        "inference", ("given",), confidence="low", overturned_by="it rains"
    ),
    "i: c9, given; low": WrittenMark("inference", ("c9", "given"), confidence="low"),
    "given, i: c1; low": WrittenMark("inference", ("c1", "given"), confidence="low"),
    "absent": WrittenMark("absent"),
    "absent: d3, d5": WrittenMark("absent", ("d3", "d5")),
    "given": WrittenMark("given"),
    "method": WrittenMark("method"),
}


@pytest.mark.parametrize("body", FORMS)
def test_a_mark_is_read_in_each_form(body: str) -> None:
    assert read_mark(body) == FORMS[body]


@pytest.mark.parametrize(
    "body",
    [
        "x",
        "3",
        "c",
        "c9: the rest",
        "if c9 then",
        '"a": 1',
        "c9 and more",
        "d3",
        ":sig:",
        "K",
        "run",
    ],
)
def test_other_braces_are_text(body: str) -> None:
    assert read_mark(body) is None
    assert lift(f"It is {{{body}}} long.") == (f"It is {{{body}}} long.", [])


PLACES = {
    "It is 5 m deep {c1}.": ("It is 5 m deep.", [(14, 0)]),
    "It is 5 m deep. {c1}": ("It is 5 m deep.", [(14, 0)]),
    "It is 5 m deep.{c1}": ("It is 5 m deep.", [(14, 0)]),
    "It is 5 m deep. {c1} {c2}": ("It is 5 m deep.", [(14, 0), (14, 1)]),
    "It is “deep.” {c1}": ("It is “deep.”", [(11, 0)]),
    "Deep {c1}, wide {c2}.": ("Deep, wide.", [(4, 0), (10, 1)]),
    "It is **deep**! {c1}": ("It is **deep**!", [(14, 0)]),
    "深度是7420米。{c1}": ("深度是7420米。", [(8, 0)]),
    "深度是7420米{c1}；宽5米。{c2}": ("深度是7420米；宽5米。", [(8, 0), (12, 1)]),
    "深度是“7420米。”{c1}": ("深度是“7420米。”", [(9, 0)]),
    "{given} It is asked.": ("It is asked.", [(0, 0)]),
}


@pytest.mark.parametrize("written", PLACES)
def test_a_mark_stands_at_the_end_of_its_clause_and_before_the_full_stop(written: str) -> None:
    lifted, marks = lift(written)
    assert split_signs(lifted) == PLACES[written]
    assert len(marks) == len(PLACES[written][1])


def test_a_private_sign_of_a_page_is_no_mark() -> None:
    lifted, marks = lift("It is \ue000 deep {c1}.")
    assert len(marks) == 1 and split_signs(lifted) == ("It is  deep.", [(11, 0)])


def test_a_mark_never_reaches_over_a_line() -> None:
    assert lift("It is {c1,\nc2} deep.")[1] == []


def test_braces_in_code_are_no_marks() -> None:
    lifted, found = lift("Set `%m{d1.2}` and `{c9}` {c1}.")
    assert "`%m{d1.2}` and `{c9}`" in lifted and [mark.refs for mark in found] == [("c1",)]


def test_an_empty_calculation_is_no_mark() -> None:
    assert lift("a{=}7") == ("a{=}7", [])


def test_two_marks_may_be_written_as_one() -> None:
    looked = WrittenMark("absent", ("d26", "d12"))
    assert read_marks("d26.450, absent: d26, d12") == [WrittenMark("rests", ("d26.450",)), looked]
    assert read_marks("c1, absent") == [WrittenMark("rests", ("c1",)), WrittenMark("absent")]
    made = WrittenMark("calculation", ("d2.4",), expression="92 + 139")
    assert read_marks("d2.3, = 92 + 139; d2.4") == [WrittenMark("rests", ("d2.3",)), made]
    assert len(lift("It is not told {d2.3, absent}.")[1]) == 2
    assert read_marks("i: c9, absent; high") == [read_mark("i: c9, absent; high")]
    cited = [WrittenMark("absent"), WrittenMark("rests", ("d4.13", "K22"))]
    assert read_marks("absent, d4.13, K22") == cited
    assert read_marks("and c1, absent") == []
