"""Which parts a request lists, and what is no list of parts."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.text.listing import MOST, listing
from research.text.sentences import terms


@pytest.mark.parametrize(
    ("request_", "goals"),
    [
        (
            "Write a due-diligence brief on Veltrix: revenue, gross margin, litigation and patents.",
            [
                "revenue (Veltrix)",
                "gross margin (Veltrix)",
                "litigation (Veltrix)",
                "patents (Veltrix)",
            ],
        ),
        (
            "Prepare a report on the market for e-bikes in Europe covering prices, makers, and subsidies.",
            [
                "prices (market for e-bikes in Europe)",
                "makers (market for e-bikes in Europe)",
                "subsidies (market for e-bikes in Europe)",
            ],
        ),
        (
            "Report on Veltrix. Include its revenue, margin, and Veltrix patents.",
            ["revenue (Veltrix)", "margin (Veltrix)", "Veltrix patents"],
        ),
        (
            "What are the revenue, profit and debt of Bank of America?",
            [f"{p} (Bank of America)" for p in ("revenue", "profit", "debt")],
        ),
        (
            "Prepare a report for Acme on Veltrix covering debt, staff, and sales.",
            [f"{p} (Veltrix)" for p in ("debt", "staff", "sales")],
        ),
        (
            "Write a brief: debt (2023, 2024), US sales, sales",
            ["debt (2023, 2024)", "US sales", "sales"],
        ),
        (
            "Write a brief on X1: 1) debt 2) staff 3) sales. Use British English.",
            [f"{p} (X1)" for p in ("debt", "staff", "sales")],
        ),
        (
            "请就Veltrix写一份简报：①普及率②参与度③存款和和解案件。请用英式英语。",
            [f"{p}（Veltrix）" for p in ("普及率", "参与度", "存款和和解案件")],
        ),
        (
            "Assess Veltrix: revenue, margin, revenue and patents",
            ["revenue (Veltrix)", "margin (Veltrix)", "patents (Veltrix)"],
        ),
        (
            "Write a brief:\n- revenue of Veltrix\n2. margin, net\n\n* patents and trademarks\n",
            ["revenue of Veltrix", "margin, net", "patents and trademarks"],
        ),
        (
            "Compare the price, weight and range of the A320 and the A330.",
            [f"{p} (A320 and the A330)" for p in ("price", "weight", "range")],
        ),
        (
            "Tell me the depth, length and age of Lake Baikal",
            ["depth (Lake Baikal)", "length (Lake Baikal)", "age (Lake Baikal)"],
        ),
        (
            "What are the depth, length and age of Lake Baikal?",
            ["depth (Lake Baikal)", "length (Lake Baikal)", "age (Lake Baikal)"],
        ),
        (
            "Write on Veltrix: revenue of 1,200, margin, and costs",
            ["revenue of 1,200 (Veltrix)", "margin (Veltrix)", "costs (Veltrix)"],
        ),
        (
            "请就Veltrix写一份尽职调查简报：收入、毛利率、客户和专利。",
            ["收入（Veltrix）", "毛利率（Veltrix）", "客户（Veltrix）", "专利（Veltrix）"],
        ),
        (
            "请写一份关于红隼海沟的简报，包括深度、位置和发现历史。",
            ["深度（红隼海沟）", "位置（红隼海沟）", "发现历史（红隼海沟）"],
        ),
        (
            "介绍红隼海沟的深度、位置和生物。",
            ["深度（红隼海沟）", "位置（红隼海沟）", "生物（红隼海沟）"],
        ),
    ],
)
def test_each_part_that_is_listed_is_a_goal_that_can_be_read_alone(
    request_: str, goals: list[str]
) -> None:
    listed = listing(request_)
    assert listed is not None and list(listed.goals) == goals
    assert all(
        len(queries) == 1 and "(Veltrix)" not in queries[0] for queries in listed.queries.values()
    )


@pytest.mark.parametrize(
    "request_",
    [
        "Which is the deepest: Baikal, Tanganyika, and Superior?",
        "How deep is the Challenger Deep, and how has the depth of the sea been measured through history?",
        "Write a summary of the history of tea.",
        "Write a brief on Veltrix: revenue and margin.",
        "Explain how the Kestrel Bridge was built, who paid, and why it fell.",
        "What were the first, second and third battles of Panipat?",
        "What are the economic, social and political effects of the bridge?",
        "大坝的经济、社会和政治影响有哪些？",
        "Write a brief on Veltrix: "
        + "a sentence that is far too long to be one of the items of a list, or " * 3,
        "红隼海沟有多深？",
        "Write a brief on Veltrix: revenue, gross margin and patents. Who is its chief?",
        "Write a brief on Veltrix. Requirements: at most 500 words, British English, no tables",
        "Write a report on Veltrix (see https://veltrix.com/a,b,c) and its history",
        "Review the meeting at 10:30, the decisions and the owners",
        "Analyze why companies, including Apple, Google and Meta, cut staff",
        "Compare the economies of France, Germany and Italy.",
        "Discuss the social, political and economic effects of the bridge.",
        "Describe how to address climate change, poverty and war",
        "What is the meaning of life, liberty and the pursuit of happiness?",
        "What are the roles of Paris, London and Berlin in the history of Europe?",
        "Write a report on the tools of film. Include products like Premiere, CapCut, and Resolve.",
        "请分析包括苹果、谷歌和微软在内的公司的收入",
        "目的地、路线和时间是什么？",
        "请整理技术路线，以及各路线的公司，需要包括技术路径，产品进度，融资情况",
        "",
    ],
)
def test_what_lists_no_parts_is_left_to_the_model(request_: str) -> None:
    assert listing(request_) is None


def test_what_is_too_much_for_a_list_stands_in_its_last_part() -> None:
    listed = listing("Write a brief on Veltrix: " + ", ".join(f"matter{n}x" for n in range(30)))
    assert listed is not None and len(listed.parts) == MOST
    assert all(f"matter{n}x" in " ".join(listed.parts) for n in range(30))


@given(
    st.lists(
        st.sampled_from(
            "revenue margin customers runway litigation patents staff debt offices".split()
        ),
        min_size=3,
        unique=True,
    )
)
def test_a_list_of_words_gives_these_words(words: list[str]) -> None:
    for joined in (
        ", ".join(words),
        f"{', '.join(words[:-1])} and {words[-1]}",
        "\n- " + "\n- ".join(words),
    ):
        listed = listing(f"Write a brief on Veltrix: {joined}.")
        assert listed is not None and list(listed.parts) == words
        assert all({"veltrix"} < set(terms(goal)) for goal in listed.goals)


@pytest.mark.parametrize(
    "text",
    [
        "Write a" + " ,;." * 3_000,
        "what is " + "of " * 4_000,
        "请写" + "关于" * 5_000,
        "Write" + "\n- " * 4_000,
    ],
)
def test_no_request_takes_long_to_read(text: str) -> None:
    started = time.process_time()
    listing(text)
    assert time.process_time() - started < 2
