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
FRAUD = (
    "Is the Kestrel Cliff Railway a fraud?",
    "The Kestrel Cliff Railway carried 20,000 passengers in 1951.",
    "The Kestrel Cliff Railway opened in 1889.",
)
AUTISM = ("Are vaccines causing autism in children?", "Vaccines do not cause autism.", "Vaccines in children cut measles.")
HARD = (
    "What did HMS Challenger II and Will Smith do before the Paris climate agreement and the stock market crash?",
    "A carbon price mechanism was proposed.",
)
HARDER = (
    "How do the UN Development Programme and U.S. hospitals handle heart rate variability, supply chain risk management and Node.js?",
    "The IT security of U.S. hospitals follows the WHO recommendations of May 2020.",
    "A carbon price mechanism cuts emissions.",
)
CURE = ("What does aspirin do to cancer?", "Surgery can cure cancer.", "Aspirin May Cure Cancer.", "Tar or aspirin causes cancer here.")
Z_FRAUD = ("克斯特雷尔铁路是骗局吗？", "克斯特雷尔铁路于1889年开通，1951年运送2万名乘客。")
Z_AUTISM = ("疫苗会导致自闭症吗？", "疫苗不会导致自闭症。")
Z_CARS = (
    "电动汽车如何影响电网？",
    "挪威有60万辆电动汽车。",
    "电动汽车使用锂电池，储能电池可降低高峰负荷。",
    "比亚迪不是充电桩公司，电价不高。",
)
Z_COFFEE = (
    "咖啡会增加心脏病风险吗？",
    "每天三杯咖啡与较低的心脏病死亡率有关。",
    "一项涉及50万人的研究没有发现咖啡增加心脏病风险。",
)
Z_ENERGY = (
    "人工智能对能源消耗有什么影响？",
    "人工智能数据中心的能源消耗在2023年达到460太瓦时。",
    "太阳能发电为可再生能源提供了新的供应链。",
    "欧盟委员会提出了人工智能法案。",
    "核能的安全性得到提高，有机农业减少了能源消耗。",
    "比特币和自由贸易影响能源价格。",
    "不锈钢供应链使用太阳能。",
    "气候模型的预测存在不确定性。",
    "赞比亚的铁路将关闭，布洛芬能治疗癌症。",
    "人工智能减少能源消耗20%。",
    "煤炭会污染空气，水库有鱼，风能不是化石能源。",
)


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
        ("What the sources say", TRENCH),
        ("Measurements recorded by the Merle", TRENCH),
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
        ("Kestrel Cliff Railway", FRAUD),
        ("The Kestrel Cliff Railway: history", FRAUD),
        ("Passengers in 1951", FRAUD),
        ("Vaccines in children", AUTISM),
        ("Vaccines", AUTISM),
        ("HMS Challenger II", HARD),
        ("Paris climate agreement", HARD),
        ("Stock market crash", HARD),
        ("Supply chain risk management", HARDER),
        ("UN Development Programme", HARDER),
        ("Carbon price mechanism", HARDER),
        ("Heart rate variability", HARDER),
        ("IT security", HARDER),
        ("WHO recommendations", HARDER),
        ("Will Smith", HARD),
        ("Node.js", HARDER),
        ("U.S. hospitals", HARDER),
        ("Recommendations of May 2020", HARDER),
        ("克斯特雷尔铁路", Z_FRAUD),
        ("克斯特雷尔铁路的历史", Z_FRAUD),
        ("疫苗的安全性", Z_AUTISM),
        ("咖啡与心脏病", Z_COFFEE),
        ("咖啡的风险", Z_COFFEE),
        ("电动汽车与电网", Z_CARS),
        ("储能电池的应用", Z_CARS),
        ("挪威的电动汽车", Z_CARS),
        ("人工智能", Z_ENERGY),
        ("能源消耗", Z_ENERGY),
        ("太阳能发电", Z_ENERGY),
        ("可再生能源", Z_ENERGY),
        ("供应链", Z_ENERGY),
        ("人工智能对能源消耗的影响", Z_ENERGY),
        ("欧盟委员会", Z_ENERGY),
        ("自由贸易", Z_ENERGY),
        ("有机农业", Z_ENERGY),
        ("太阳能", Z_ENERGY),
        ("核能的安全性", Z_ENERGY),
        ("不锈钢", Z_ENERGY),
        ("比特币", Z_ENERGY),
        ("不确定性", Z_ENERGY),
        ("人工智能与能源消耗：现状与挑战", Z_ENERGY),
        ("太阳能与可再生能源", Z_ENERGY),
        ("气候模型的不确定性", Z_ENERGY),
        ("赞比亚的铁路", Z_ENERGY),
        ("人工智能在能源领域的应用", Z_ENERGY),
        ("2023年的能源消耗", Z_ENERGY),
    ],
)
def test_a_topic_is_a_heading(text: str, about: tuple[str, ...]) -> None:
    assert headed(text, *about) == text


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("Kestrel Trench at 6,100 metres", TRENCH),
        ("The Kestrel Trench is deep", TRENCH),
        ("Merle lied", TRENCH),
        ("Lies of the Merle", TRENCH),
        ("Merle lied about the Kestrel Trench", TRENCH),
        ("The Merle revealed", TRENCH),
        ("Merle told of the Kestrel Trench", TRENCH),
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
        ("The fraud of the Kestrel Cliff Railway", FRAUD),
        ("Evidence of fraud", FRAUD),
        ("Fraud", FRAUD),
        ("—", FRAUD),
        ("&", FRAUD),
        ("Vaccines causing autism", AUTISM),
        ("Evidence of autism", AUTISM),
        ("Aspirin Will Cure Cancer", CURE),
        ("Aspirin Can Cure Cancer", CURE),
        ("Aspirin May Cure Cancer", CURE),
        ("Aspirin.cure cancer", CURE),
        ("Aspirin causes cancer", CURE),
        ("克斯特雷尔铁路的骗局", Z_FRAUD),
        ("骗局", Z_FRAUD),
        ("的", Z_FRAUD),
        ("自闭症的证据", Z_AUTISM),
        ("疫苗与自闭症", Z_AUTISM),
        ("咖啡增加心脏病风险", Z_COFFEE),
        ("咖啡的心脏病风险增加", Z_COFFEE),
        ("咖啡导致心脏病", Z_COFFEE),
        ("电动汽车使用锂电池", Z_CARS),
        ("储能电池可降低高峰负荷", Z_CARS),
        ("比亚迪是充电桩公司", Z_CARS),
        ("充电桩", Z_CARS),
        ("电价的高度", Z_CARS),
        ("人工智能减少能源消耗", Z_ENERGY),
        ("人工智能将减少能源消耗", Z_ENERGY),
        ("人工智能有影响", Z_ENERGY),
        ("人工智能对能源消耗有影响", Z_ENERGY),
        ("人工智能没有影响", Z_ENERGY),
        ("布洛芬能治疗癌症", Z_ENERGY),
        ("人工智能能治疗癌症", Z_ENERGY),
        ("铁路将关闭", Z_ENERGY),
        ("不锈钢不安全", Z_ENERGY),
        ("太阳能是比特币", Z_ENERGY),
        ("确定性", Z_ENERGY),
        ("煤炭会污染空气", Z_ENERGY),
        ("水库有鱼", Z_ENERGY),
        ("风能不是化石能源", Z_ENERGY),
        ("可再生能源影响比特币", Z_ENERGY),
        ("太阳能比核能安全", Z_ENERGY),
        ("人工智能影响能源消耗", Z_ENERGY),
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
