"""What names a subject, and what says something of it: a heading may do the one alone."""

import pytest

from agents.kinds import Known, heading_of
from research.text import language_of
from research.types import Claim, Quote
from tests.research.crews import question

# A question, then the claims under the heading.
TRENCH = (
    "How deep is the Kestrel Trench?",
    "The depth of the Kestrel Trench is 7,420 metres, as the survey ship Merle found in 2021.",
    "The Falcon Trench is 6,100 metres deep.",
)
DRUG = ("What does aspirin do to cancer?", "Aspirin does not cure cancer.", "Aspirin lowers fever.")
IS_TRUE = ("Is it true that aspirin cures cancer?", "Aspirin lowers fever.")
SAFE = ("Is aspirin safe for the heart?", "Aspirin is not safe for the heart.")
WAR = ("Who won the war between England and France?", "England beat France in 1805.")
MYTH = ("Did France beat England?", "It is a myth that France beat England.")
BREAD = ("How did prices of bread change in 2022?", "Prices of bread increased by 3 per cent in 2022.")
Z_TRENCH = ("红隼海沟有多深？", "红隼海沟的深度是7420米，由测量船灰背号于2021年测得。")
Z_WAR = ("英国和法国谁赢了？", "英国在1805年击败法国。")
Z_DRUG = ("阿司匹林能治疗癌症吗？", "阿司匹林不能治疗癌症。")


def headed(text: str, asked: str, *claims: str) -> str:
    known = Known(question(asked).model_copy(update={"language": language_of(asked)}), {}, {}, {})
    evidence = (Quote(reading_id="r", snapshot_id="s", spans=((0, 1),), quote="x"),)
    return heading_of(text, [Claim(id=f"c{n}", text=claim, evidence=evidence) for n, claim in enumerate(claims)], known)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("Kestrel Trench: depth and history", TRENCH),
        ("Measurements by the Merle", TRENCH),
        ("Survey of 2021", TRENCH),
        ("What was found", TRENCH),
        ("Comparison with the Falcon Trench", TRENCH),
        ("How deep is the Kestrel Trench?", TRENCH),
        ("Depth (metres)", TRENCH),
        ("Aspirin and cancer", DRUG),
        ("Aspirin: risks and benefits", DRUG),
        ("Effects on fever", DRUG),
        ("Is aspirin safe for the heart?", SAFE),
        ("The war of 1805", WAR),
        ("Bread prices in 2022", BREAD),
        ("红隼海沟：历史与深度", Z_TRENCH),
        ("测量船灰背号的测量", Z_TRENCH),
        ("英国和法国", Z_WAR),
        ("阿司匹林的风险", Z_DRUG),
    ],
)
def test_a_topic_is_a_heading(text: str, about: tuple[str, ...]) -> None:
    assert headed(text, *about) == text


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("Kestrel Trench at 6,100 metres", TRENCH),
        ("The Kestrel Trench is deep", TRENCH),
        ("Aspirin cures cancer", DRUG),
        ("Aspirin Cures Cancer", DRUG),
        ("Aspirin lowers cancer", DRUG),
        ("Aspirin causes cancer", DRUG),
        ("Aspirin works", DRUG),
        ("Aspirin cures cancer", IS_TRUE),
        ("Aspirin is safe for the heart", SAFE),
        ("Aspirin: safe for the heart", SAFE),
        ("England lost", WAR),
        ("France beat England", WAR),
        ("France beat England", MYTH),
        ("Prices decrease", BREAD),
        ("红隼海沟不深", Z_TRENCH),
        ("灰背号影响红隼", Z_TRENCH),
        ("法国击败英国", Z_WAR),
        ("阿司匹林能治疗癌症", Z_DRUG),
        ("治疗癌症", Z_DRUG),
    ],
)
def test_what_says_a_fact_is_replaced(text: str, about: tuple[str, ...]) -> None:
    assert headed(text, *about) in ("Findings", "结果")


def test_a_title_names_nothing_that_the_report_denies() -> None:
    known = Known(question("Which drug lowers fever and cancer?"), {}, {}, {})
    quote = Quote(reading_id="r", snapshot_id="s", spans=((0, 1),), quote="x")
    denies = Claim(id="c1", text="The drug does not lower fever.", evidence=(quote,))
    assert heading_of("Drug lowers fever", (), known) == "Drug lowers fever"  # it only says again what is asked
    assert heading_of("Drug lowers fever", (), known, [denies]) == "Findings"
