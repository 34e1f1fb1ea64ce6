import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.text import clean_text, language_of, sentence_spans, terms


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def test_abbreviations_and_decimals_end_no_sentence() -> None:
    text = "The depth is 10,935 m (approx. 6.8 mi), i.e. the deepest. 😀 Dr. Smith et al. measured it in Jan. 2021."
    assert sentences(text) == [
        "The depth is 10,935 m (approx. 6.8 mi), i.e. the deepest.",
        "😀 Dr. Smith et al. measured it in Jan. 2021.",
    ]


@pytest.mark.parametrize("unit", "m km ft in mi g kg t s h min d l km/h m/s °C kHz %".split())
def test_a_unit_ends_a_sentence(unit: str) -> None:
    assert sentences(f"The tide is 4.2 {unit}. The lamp is lit.") == [f"The tide is 4.2 {unit}.", "The lamp is lit."]


@pytest.mark.parametrize(
    "text",
    [
        "The tide is 4.2 m. above the datum.",
        "It was measured by E. M. Forster and 3 others.",
        "In Fig. 5 J. Smith shows the same.",
        "Version 4.2 m.The lamp.",
    ],
)
def test_what_looks_like_a_unit_and_ends_no_sentence(text: str) -> None:
    assert sentences(text) == [text]


def test_figures_with_units_in_a_row() -> None:
    text = 'It fell from 9 m. "That," he said, is 3 s. (It was 2 h. later.) Then 5 m. Done'
    assert sentences(text)[:2] == ["It fell from 9 m.", '"That," he said, is 3 s.']


def test_chinese_sentences_keep_their_closing_quotes() -> None:
    text = "最深处约为10,935米。2020年，“奋斗者”号下潜至10909米！他说：“很深。”然后离开了"
    assert sentences(text) == ["最深处约为10,935米。", "2020年，“奋斗者”号下潜至10909米！", "他说：“很深。”", "然后离开了"]


def test_headings_rules_and_markers_are_no_sentence() -> None:
    text = "# Title\n\n- First item\n2. Second item\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---\n"
    assert sentences(text) == ["First item", "Second item", "| a | b |", "| 1 | 2 |"]


@given(st.text())
def test_spans_are_ordered_inside_the_text_and_trimmed(text: str) -> None:
    text = clean_text(text)
    last = 0
    for start, end in sentence_spans(text):
        assert last <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        last = end


@given(st.text())
def test_clean_text_is_fit_for_a_snapshot(text: str) -> None:
    cleaned = clean_text(text)
    assert "\x00" not in cleaned
    cleaned.encode("utf-8")
    assert clean_text(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "language"), [("How deep is it?", "en"), ("挑战者深渊有多深？", "zh"), ("什么是 CTD？", "zh"), ("", "en"), ("123", "en")]
)
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language


def test_terms_of_both_languages() -> None:
    assert terms("What are the measured depths of the Deep's 10,935 m?") == ["measur", "depth", "deep", "10935", "m"]
    assert terms("马里亚纳海沟有多深？") == ["马里", "里亚", "亚纳", "纳海", "海沟", "沟有"]
