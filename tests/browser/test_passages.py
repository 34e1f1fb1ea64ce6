"""Choosing sentences: what matters comes, within the budget, from every page that has something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browser.documents.parts import Facts, snapshot_of
from browser.documents.reading import read_text
from browser.passages import Passage, choose_passages
from browser.types import Opened
from research.text.sentences import estimate_tokens
from tests.browser.embedders import TableEmbedder

HARBOUR = """# Harbour of Skerry

## History

The harbour was dredged in 1932 after the old bar had moved. The work took nine months and cost 4.2 million crowns.
A bakery opened on the quay in the same year. Ok.

## Light

The lighthouse was automated in 1988. Until then three keepers lived in the tower with their families.
"""
TOWN = """# Skerry town

The market is held on Thursdays in the upper square. Dredging of the harbour in 1932 gave work to two hundred men.
The harbour was dredged in 1932 after the old bar had moved.
"""
CHINESE = "# 东湖电站\n\n电站于二〇二三年投入运行。总装机容量为一千二百兆瓦，年发电量约三十亿千瓦时。附近有一座公园和两家餐馆。\n"


def opened(text: str, number: int = 0) -> Opened:
    page = read_text(text, name="x.md", media_type="text/markdown")
    return Opened(
        page,
        snapshot_of(page),
        f"https://x.org/{number}",
        f"https://x.org/{number}",
        "http",
        "0" * 64,
        False,
    )


def said(pages: list[Opened], passages: list[Passage]) -> list[str]:
    return [pages[one.page].snapshot.sentence(one.sentence) for one in passages]


def test_what_answers_the_goal_comes_first() -> None:
    pages = [opened(HARBOUR)]
    chosen = choose_passages(
        pages,
        "When was the harbour dredged and what did it cost?",
        [],
        token_budget=500,
        per_page=2,
    )
    assert said(pages, chosen) == [
        "The harbour was dredged in 1932 after the old bar had moved.",
        "The work took nine months and cost 4.2 million crowns.",
    ]


def test_every_page_speaks_and_nothing_is_said_twice() -> None:
    pages = [opened(HARBOUR), opened(TOWN), opened(HARBOUR, 2)]
    chosen = choose_passages(
        pages, "dredging of the harbour in 1932", [], token_budget=500, per_page=4
    )
    sentences = said(pages, chosen)
    assert {one.page for one in chosen} >= {0, 1}
    assert len(set(sentences)) == len(sentences)
    assert "Dredging of the harbour in 1932 gave work to two hundred men." in sentences
    assert not any(sentence == "Ok." for sentence in sentences)


def test_the_queries_count_too() -> None:
    pages = [opened(HARBOUR)]
    chosen = choose_passages(
        pages, "Tell me about it", ["lighthouse keepers"], token_budget=60, per_page=5
    )
    assert "Until then three keepers lived in the tower with their families." in said(pages, chosen)


def test_chinese() -> None:
    pages = [opened(CHINESE), opened(HARBOUR, 1)]
    chosen = choose_passages(pages, "东湖电站的装机容量是多少？", [], token_budget=200, per_page=1)
    assert said(pages, chosen) == ["总装机容量为一千二百兆瓦，年发电量约三十亿千瓦时。"]


def test_nothing_fits_and_nothing_matches() -> None:
    pages = [opened(HARBOUR)]
    assert choose_passages(pages, "harbour dredged", [], token_budget=5, per_page=5) == []
    assert choose_passages(pages, "quantum chromodynamics", [], token_budget=500, per_page=5) == []
    assert choose_passages([], "harbour", [], token_budget=500, per_page=5) == []


def test_neither_byline_nor_title_is_a_passage() -> None:
    byline, told = (
        "*Harbour Board, Dredging Letters, 2 October 2023*",
        "The harbour was dug out once more.",
    )
    pages = [
        opened(
            f"# Dredging of the old harbour\n\n{byline}\n\nDredging of the old harbour\n\n{told}\n"
        )
    ]
    assert said(
        pages,
        choose_passages(pages, "dredging of the harbour board", [], token_budget=500, per_page=5),
    ) == [told]


def test_the_only_sentence_of_a_page_without_a_title_is_a_passage() -> None:
    told = "The harbour was dug out once more."
    page = read_text(told, name="x", media_type="text/plain", facts=Facts(title=told))
    pages = [Opened(page, snapshot_of(page), "u", "u", "http", "0" * 64, False)]
    assert len(choose_passages(pages, "harbour", [], token_budget=500, per_page=5)) == 1


def test_a_fragment_stands_back_behind_a_sentence() -> None:
    pages = [
        opened(
            "# Skerry\n\n- The old harbour by the mill was dredged badly\n\nThe old harbour by the mill was dredged twice.\n\nNobody came.\n"
        )
    ]
    scores = {
        said(pages, [one])[0]: one.score
        for one in choose_passages(pages, "harbour dredged", [], token_budget=500, per_page=5)
    }
    assert (
        scores["The old harbour by the mill was dredged badly"]
        < scores["The old harbour by the mill was dredged twice."]
    )


def test_sentences_that_differ_in_a_figure_are_both_kept() -> None:
    pages = [
        opened("Brest had 139,000 people by the 2020 census count.\n"),
        opened("Brest had 141,000 people by the 2020 census count.\n", 1),
    ]
    assert (
        len(choose_passages(pages, "How many people has Brest?", [], token_budget=500, per_page=3))
        == 2
    )


@given(
    st.lists(st.sampled_from([HARBOUR, TOWN, CHINESE, "", "x"]), max_size=4),
    st.sampled_from(["harbour 1932", "东湖电站", "", "the"]),
    st.integers(0, 120),
    st.integers(0, 4),
)
def test_budget_page_limit_and_order_always_hold(
    texts: list[str], goal: str, budget: int, per_page: int
) -> None:
    pages = [opened(text, number) for number, text in enumerate(texts)]
    chosen = choose_passages(pages, goal, ["lighthouse"], token_budget=budget, per_page=per_page)
    assert sum(estimate_tokens(sentence) for sentence in said(pages, chosen)) <= budget
    assert all(
        sum(1 for one in chosen if one.page == page) <= per_page for page in range(len(pages))
    )
    assert chosen == sorted(chosen, key=lambda one: (one.page, one.sentence))


def test_a_sentence_that_means_the_goal_comes_without_its_words() -> None:
    pages = [opened(HARBOUR), opened(CHINESE, 1)]
    embedder = TableEmbedder({"dredged": 0, "dug out": 0, "lighthouse": 1})
    ask = "Was the basin dug out?"
    assert choose_passages(pages, ask, [], token_budget=500, per_page=1) == []
    chosen = choose_passages(pages, ask, [], token_budget=500, per_page=1, embedder=embedder)
    assert said(pages, chosen) == ["The harbour was dredged in 1932 after the old bar had moved."]
    assert not any("电站" in text for text in embedder.seen)
    asked_in_chinese = "东湖电站的装机容量是多少？"
    plain = choose_passages(pages, asked_in_chinese, [], token_budget=200, per_page=1)
    assert (
        choose_passages(
            pages, asked_in_chinese, [], token_budget=200, per_page=1, embedder=embedder
        )
        == plain
    )


def test_meaning_takes_no_longer_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("browser.library.nearness.SECONDS", 0.1)
    long = " ".join(
        f"The harbour was dredged for the time number {n} in that year." for n in range(400)
    )
    embedder = TableEmbedder({"dredged": 0}, seconds=0.04)
    assert choose_passages(
        [opened(long)], "dredged harbour", [], token_budget=500, per_page=5, embedder=embedder
    )
    assert len(embedder.seen) < 200
