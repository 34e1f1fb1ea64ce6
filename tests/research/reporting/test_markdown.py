"""The Markdown of a report as a reader of CommonMark and GitHub's tables and strikethrough sees it:
the words, and no markup but ours."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from evals.graders.invariants import violations
from research.domain import Language, Mark
from research.domain.report import (
    BulletList,
    Cell,
    CitedCalculation,
    CitedInput,
    Paragraph,
    Report,
    Section,
    Sentence,
    Table,
)
from research.reporting import bind as cite
from research.reporting.basis import value_shown, with_values
from research.reporting.clauses import Citation, Piece, flow_of
from research.reporting.escaping import escape, readable
from research.reporting.inline import Code, Strong, Words, parts_of, visible
from tests.research.argued import (
    ARR,
    CHURN,
    COUNTED,
    READINGS,
    REVENUE,
    RUN,
    SEAT,
    TEXTS,
    YEAR_ZH,
    argued,
    cell,
    finished,
    growth,
    said,
)

GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = {
    "text",
    "code_inline",
    "strong_open",
    "strong_close",
    "softbreak",
    "hardbreak",
    "text_special",
}
PIECES = st.sampled_from(
    "**strong** `code` ``a`b`` ** * _ __ ~ ~~ [1] [12](x) ![a](b) [a] [^1] ]( ( <b> <https://e.example/> </p> <!-- &amp; & # ## - + 1. 2) "
    "> = --- | \\ \\* \\| ` `` $5 $x$ www.e.example http://e.example max_attempts a~b 5~10 3.5 -5 * 深度 “约” 。 é ² ◊ : ! a b".split(
        " "
    )
)
TEXT = st.lists(st.tuples(PIECES, st.sampled_from(["", " ", "x"])), min_size=1, max_size=9).map(
    lambda pairs: "".join(piece + gap for piece, gap in pairs)
) | st.text(alphabet="ab1 .()[]\\*_#-+>|~$<`：。（）:/&!深\n", min_size=1, max_size=30)
GROWTH, ARGUED = growth(), argued()
TEXT = TEXT.filter(lambda text: re.search(r"\w", visible(text)) is not None)


@st.composite
def cited(draw: st.DrawFn) -> Sentence:
    """A sentence of any words, its clauses marked anywhere."""
    text = draw(TEXT)
    ends = draw(st.lists(st.integers(1, len(text)), max_size=3, unique=True).map(sorted))
    starts = [0, *ends[:-1]]
    places = st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True).map(tuple)
    marks = tuple(
        Mark(start=start, end=end, evidence=draw(places))
        for start, end in zip(starts, ends, strict=False)
    )
    return Sentence(
        text=text,
        kind="fact",
        verdict="supported",
        evidence=(ARR, CHURN, GROWTH, COUNTED),
        marks=marks,
    )


def report_of(blocks: tuple[Paragraph | BulletList | Table, ...], heading: str = "h") -> Report:
    kept: dict[str, Any] = {
        "contradictions": (),
        "limitations": (),
        "answer": (),
        "title": "t",
        "sources": ARGUED.sources[:2],
        "floors": (),
    }
    report = ARGUED.model_copy(
        update={**kept, "sections": (Section(heading=heading, blocks=blocks),)}
    )
    return finished(report)


def inlines(markdown: str) -> list[Token]:
    tokens = GITHUB.parse(markdown)
    assert not [
        token
        for token in tokens
        if token.type in ("html_block", "fence", "code_block", "hr", "blockquote_open")
    ]
    return [token for token in tokens if token.type == "inline"]


def seen(token: Token) -> str:
    """What a reader sees of a line, without white space; nothing in it may be a markup of the
    words' own."""
    children = token.children or []
    assert {child.type for child in children} <= OURS, [child.type for child in children]
    return re.sub(r"\s", "", "".join(child.content for child in children))


def shown(one: Sentence) -> str:
    """A sentence as it should be seen: its words, each citation in its place, the letter of the
    only basis."""
    return re.sub(r"\s", "", "".join(map(_seen, flow_of(one)))) + "ᵃ"


def _seen(piece: Piece) -> str:
    match piece:
        case Words(text) | Code(text):
            return text
        case Strong(parts):
            return "".join(part.text for part in parts)
        case Citation(numbers):
            return "".join(f"[{n}]" for n in numbers)


def body(report: Report) -> str:
    return report.markdown.split("\n## How we got there")[0]


@given(st.lists(cited(), min_size=1, max_size=3))
def test_a_paragraph_shows_its_words_and_no_markup_that_is_not_ours(
    sentences: list[Sentence],
) -> None:
    report = report_of(
        (
            Paragraph(sentences=tuple(sentences)),
            BulletList(items=tuple((one,) for one in sentences), ordered=True),
        )
    )
    (_, _, paragraph, *items) = [seen(token) for token in inlines(body(report))]
    assert paragraph == "".join(map(shown, sentences))
    assert items == [shown(one) for one in sentences]
    assert violations(report, TEXTS, readings=READINGS, render=cite.render) == []


@given(st.lists(cited(), min_size=2, max_size=2), TEXT)
def test_a_table_and_a_heading_show_their_words(cells: list[Sentence], heading: str) -> None:
    row = tuple(Cell(**one.model_dump()) for one in cells)
    report = report_of((Table(header=("a", "b"), rows=(row,)),), heading)
    (_, head, *table) = [seen(token) for token in inlines(body(report))]
    assert head == re.sub(r"\s", "", visible(heading))
    first, second = map(shown, cells)
    left = (first.removesuffix("ᵃ"), re.sub(r"\s", "", visible(cells[0].text)))  # to the second
    assert table[2] in (first, *left)
    assert [*table[:2], table[3]] == ["a", "b", second]


@given(TEXT)
def test_plain_text_is_read_as_it_is(text: str) -> None:
    for line in (escape(text, opening=True), escape("x " + text)):
        tokens = GITHUB.parse(line)
        assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
        assert all(
            child.type in ("text", "text_special")
            for token in tokens
            for child in token.children or []
        )
        read = "".join(seen(token) for token in tokens if token.type == "inline")
        assert read == re.sub(r"\s", "", text if line == escape(text, opening=True) else "x" + text)


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5, or $10 - $12 with max_attempts set.",
        "About ~5 % (~3 to ~4 of them), 3 * 4 = 12, a < b and b > c.",
        "Version 3.5 is not 2.0; see item 1. It's C# & more + less.",
        "A [sic] here, and R&D; x | y.",
        "-5 degrees, +3 on Tuesday!",
        "3.5 million",
        "#1 of all",
    ],
)
def test_no_backslash_stands_where_markdown_needs_none(text: str) -> None:
    assert escape(text, opening=True) == text
    assert "\\" not in escape(f"So: {text}")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("# one", "\\# one"),
        ("- one", "\\- one"),
        ("1. one", "1\\. one"),
        ("> one", "\\> one"),
        (" * one", "\\* one"),
        ("[12] and [a](b)", "\\[12\\] and [a\\](b)"),
        ("_a_ *b* ~~c~~ 5~10 6~7", "\\_a\\_ \\*b\\* \\~\\~c\\~\\~ 5\\~10 6\\~7"),
        (
            "<b> &amp; http://e.example www.e.example",
            "\\<b> \\&amp; http:\\//e.example www\\.e.example",
        ),
        ("a\\b \\* `", "a\\b \\\\\\* \\`"),
    ],
)
def test_what_markdown_would_read_is_escaped(text: str, written: str) -> None:
    assert escape(text, opening=True) == written


def test_code_and_strong_words_come_out_as_such() -> None:
    assert [one.part for one in parts_of("a `b*` **c `d`** e")] == [
        Words("a "),
        Code("b*"),
        Words(" "),
        Strong((Words("c "), Code("d"))),
        Words(" e"),
    ]
    markdown = report_of(
        (
            Paragraph(
                sentences=(
                    said("Use ``a`b`` and `x*y`, **now `z`**{0}, not 3 ** 4 or `.", ARR, CHURN),
                )
            ),
        )
    ).markdown
    assert "Use ``a`b`` and `x*y`, **now `z`** [1], not 3 ** 4 or \\`. [2]" in markdown


def test_strong_words_that_markdown_would_not_read_so_stay_plain() -> None:
    markdown = report_of(
        (Paragraph(sentences=(said("深度**“约10米”**是估计，**约10米**不是。", ARR, CHURN),)),)
    ).markdown
    assert "深度“约10米”是估计，**约10米**不是。" in markdown


def line(one: Sentence) -> str:
    return (
        body(report_of((Paragraph(sentences=(one, said("Else.", ARR, CHURN))),)))
        .rsplit("\n\n", 1)[1]
        .split(" Else.")[0]
    )


@pytest.mark.parametrize(
    ("one", "written"),
    [
        (said("It grew{0}, but churn rose{1}.", ARR, CHURN), "It grew [1], but churn rose [2]."),
        (
            said("It grew{0}, to $46.9 million{0}; churn rose{1}.", ARR, CHURN),
            "It grew, to $46.9 million [1]; churn rose [2].",
        ),
        (said("It grew{0} and then again{0}.", ARR), "It grew and then again [1]."),
        (said("Both say so{1,0}.", ARR, CHURN), "Both say so [1][2]."),
        (said("It grew{0}, and more.", ARR, CHURN), "It grew [1], and more. [2]"),
        (said("It grew{0}(in dollars).", ARR), "It grew [1]\\(in dollars)."),
        (said("It grew.{0}", ARR, CHURN, verdict="partial"), "It grew. (partly supported) [1][2]"),
        (
            said("It may grow{0}.", ARR, kind="inference", verdict="partial", confidence="low"),
            "It may grow [1].ᵃ",
        ),
        (
            said("It will grow{0}.", ARR, kind="inference", verdict="partial", confidence="high"),
            "It will grow [1]. (partly supported)ᵃ",
        ),
        (said("It grew by 23 %{1}.", ARR, growth()), "It grew by 23 % [1].ᵃ"),
        (said("It grew.", ARR, CHURN), "It grew. [1][2]"),
        (said("**It grew{0} a lot**.", ARR), "**It grew a lot** [1]."),
        (said("As asked.", kind="given"), "As asked."),
    ],
)
def test_citations_stand_at_the_end_of_their_clause(one: Sentence, written: str) -> None:
    assert line(one) == written


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_with_everything_holds_from_outside(language: Language) -> None:
    report = argued(language)
    assert violations(report, TEXTS, readings=READINGS, render=cite.render) == []
    assert (
        cite.render(Report.model_validate_json(report.model_dump_json(by_alias=True)))
        == report.markdown
    )
    heading = {"en": "How we got there", "zh": "推断与计算"}[language]
    assert f"\n## {heading}\n\n- ᵃ " in report.markdown
    assert (
        "\\$" not in report.markdown
        and "\\." not in report.markdown
        and "\\-" not in report.markdown
    )
    assert re.search(r"^> ", report.markdown, re.MULTILINE) is None


def test_what_conclusions_rest_on_is_told_under_their_letters() -> None:
    markdown = argued().markdown
    assert (
        "the quarter's revenue [1].ᵃ We would price it" in markdown
        and "churn is rising. [1][2]ᵇ" in markdown
    )
    assert "| 55 % [1]ᵃ |" in markdown  # the same calculation, the same letter
    told = "- ᵃ Share of revenue that is recurring = `46.9 / 4 / 21.3 * 100` ≈ 55.0469 % · 46.9 [1], 21.3 [1]"
    assert (
        f"\n{told}\n- ᵇ Inference from [1][2] · Why: Growth of 23 % carries a premium;" in markdown
    )
    assert (
        "· Confidence: medium · What would overturn it: Net retention above 110 % in the next filing. ·"
        in markdown
    )
    assert (
        "\n\nChecked by openai:gpt-judge_2: 11 statements supported at first, 3 repaired, 2 dropped\n\n## Sources"
        in markdown
    )


def test_a_letter_tells_of_a_long_row_only_what_stands_under_it() -> None:
    first = said("It grew so.{0,1}", RUN, ARR)
    other = said("All say so.{0,1,2,3,4}", RUN, ARR, COUNTED, SEAT, YEAR_ZH)
    blocks = (Paragraph(sentences=(first, other)),)
    cited = {"sources": ARGUED.sources, "sections": (Section(heading="h", blocks=blocks),)}
    report = finished(report_of(blocks).model_copy(update=cited))
    assert "It grew so. [1]ᵃ All say so. [2][3][4]ᵃ" in body(report)
    assert violations(report, TEXTS, readings=READINGS, render=cite.render) == []


def test_a_conclusion_from_many_sources_tells_them_under_a_letter_of_its_own() -> None:
    few = said("We would wait{0,1}.", ARR, CHURN, kind="inference", confidence="high")
    many = said(
        "We would sell{0,1,2,3}.",
        ARR,
        COUNTED,
        SEAT,
        YEAR_ZH,
        kind="inference",
        confidence="high",
    )
    blocks = (Paragraph(sentences=(few, many)),)
    cited = {"sources": ARGUED.sources, "sections": (Section(heading="h", blocks=blocks),)}
    report = finished(report_of(blocks).model_copy(update=cited))
    assert "We would wait [1][2].ᵃ We would sell.ᵇ" in body(report)
    assert "\n- ᵇ Inference from [1][2][3][4] · Confidence: high\n" in report.markdown
    assert violations(report, TEXTS, readings=READINGS, render=cite.render) == []


def test_a_row_tells_a_citation_once_where_its_cells_end_with_the_same() -> None:
    cells = (
        Cell(text="Fleet", kind="framing"),
        cell("5{0}", ARR),
        cell("6{0}", ARR),
        cell("7{0}, or 9{0,1}", ARR, CHURN),
        cell("8{0,1}", ARR, CHURN),
    )
    markdown = body(report_of((Table(header=("a", "b", "c", "d", "e"), rows=(cells,)),)))
    assert "| Fleet | 5 | 6 [1] | 7 [1], or 9 [1][2] | 8 [1][2] |" in markdown
    grown, less = (cell("23 %{0}", growth(), ARR), cell("-1 %{0}", ARR))
    markdown = body(report_of((Table(header=("a", "b"), rows=((grown, grown), (less, grown))),)))
    assert "| 23 % | 23 % [1]ᵃ |" in markdown and "| -1 % | 23 % [1]ᵃ |" in markdown


def test_levels_orders_and_sources_are_shown() -> None:
    markdown = argued().markdown
    assert "\n### What is not known\n" in markdown and "\n## Plans and **limits**\n" in markdown
    assert (
        "\n1. Set `max_attempts` in `Client` [2], not" in markdown
        and "\n2. Keep a seat at $18 a month [3] until" in markdown
    )
    assert "| Plan | Price a seat | Seats \\| most |" in markdown and "| `a\\|b` [2] |" in markdown
    assert (
        "- [3] Draft pricing guide. a draft, pricing. `library:pricing/draft_v2.docx` (read 2026-11-02)"
        in markdown
    )
    assert (
        "- [1] Kestrel Cloud: Form 10-Q (Q2 2026). Kestrel Cloud, Inc., sec.example.gov, 2026-08-04. <"
        in markdown
    )


def test_a_language_without_words_of_its_own_has_english_ones() -> None:
    french = argued().model_copy(update={"language": "fr"})
    assert "\n## How we got there\n" in cite.render(french) and "\n## Sources\n" in cite.render(
        french
    )


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        ("55", "%", "→ 55 %"),
        ("46900000", "USD", "→ 46,900,000 USD"),
        ("0.3333333333333333333333333333", "", "≈ 0.333333"),
        ("1234567.891011", "", "≈ 1,234,568"),
        ("-0.00012345678912", "", "≈ -0.000123457"),
        ("12.5000", "x", "→ 12.5 x"),
        ("1E+40", "", "→ 1E+40"),
        ("many", "", "→ many"),
    ],
)
def test_a_value_is_shown_for_the_eye(value: str, unit: str, told: str) -> None:
    assert value_shown(CitedCalculation(expression="a", inputs=(), value=value, unit=unit)) == told


def test_a_formula_holds_its_figures() -> None:
    inputs = (CitedInput(name="a", value="-3"), CitedInput(name="ab", value="1.5"))
    made = CitedCalculation(expression="max(a, ab) * 1e5 - a", inputs=inputs, value="150003")
    assert with_values(made) == "max((-3), 1.5) * 1e5 - (-3)"
    assert REVENUE.n == 1


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("library://l/%E6%B5%B7%E6%B2%9F.md", "library://l/海沟.md"),
        ("library://l/a%20b.md", "library://l/a b.md"),
        ("library://l/a%E2%80%AEdm.b", "library://l/a%E2%80%AEdm.b"),  # turns the words round
        ("library://l/a%0A# b.md", "library://l/a%0A# b.md"),
        ("library://l/%FF.md", "library://l/%FF.md"),
    ],
)
def test_an_address_is_shown_with_its_letters(address: str, shown: str) -> None:
    assert readable(address) == shown
