"""Why a claim does not hold, in a model's words: they may speak of the quotes, and not of the subject."""

import pytest

from agents.concluding import concluded
from agents.entailment import Judged
from agents.statements import Seen
from agents.verdicts import Looked
from research.origins import Origins
from research.text import language_of
from research.types import Claim, Quote

NOTHING = Seen((), {}, {}, {}, {}, Origins())
# A claim and its quote.
DEPTH = ("Merle measured the depth of the Kestrel Trench in 1951.", "The depth of the Kestrel Trench is 7,420 metres.")
ACCIDENT = ("The railway closed in 2019 after an accident.", "The railway had an accident in 2019.")
WAR = ("England beat France in 1805.", "England beat France.")
MEDICINE = ("Medicine was given to children in 2019.", "Medicine was given to children and the trench contains water.")
Z_DEPTH = ("红隼海沟首次测量于1951年，由梅尔完成。", "红隼海沟的深度是7420米。")


def because(told: str, claim: str, quote: str) -> str:
    evidence = (Quote(reading_id="r", snapshot_id="s", spans=((0, 1),), quote=quote),)
    looked = Looked(Claim(id="c1", text=claim, evidence=evidence), Judged("insufficient", told), ())
    reason = concluded(language_of(claim), looked, (), NOTHING).reason
    return reason.removeprefix("its quotes do not say it").removeprefix("引文没有这样说").lstrip("：: ")


@pytest.mark.parametrize(
    ("told", "of"),
    [
        ("The quote gives no year.", DEPTH),
        ("1951 does not appear in the quote.", DEPTH),
        ("The quote gives the depth but not the year.", DEPTH),
        ("The first part is supported, the second is not.", DEPTH),
        ("The year is missing from the quote.", DEPTH),
        ("The quote lacks the year.", DEPTH),
        ("The quote omits who measured the depth.", DEPTH),
        ("The quote only covers the depth of the trench.", DEPTH),
        ("The year is not given.", DEPTH),
        ("No year is given.", DEPTH),
        ("The source does not mention Merle.", DEPTH),
        ("The quote does not say who measured it.", DEPTH),
        ("The quote says nothing about Merle.", DEPTH),
        ("The passage states the depth, not the year.", DEPTH),
        ("Nothing about 1951 is stated.", DEPTH),
        ("The text does not provide the year.", DEPTH),
        ("The quote contains no year.", DEPTH),
        ("Only the depth is mentioned.", DEPTH),
        ("The measurement by Merle is absent from the quote.", DEPTH),
        ("The claim is only partly supported because the quote gives no year.", DEPTH),
        ("as it says", DEPTH),
        ("The quote does not include the year of measurement.", DEPTH),
        ("The quote confirms the trench depth, but not when it was measured.", DEPTH),
        ("The quote does not say that the railway closed.", ACCIDENT),
        ("The quote mentions an accident but not that the railway closed.", ACCIDENT),
        ("原文未提及年份。", Z_DEPTH),
        ("没有说明首次测量的时间。", Z_DEPTH),
        ("引文没有说谁测量的。", Z_DEPTH),
        ("引文只说到深度。", Z_DEPTH),
        ("引文缺少年份。", Z_DEPTH),
        ("原文没有给出测量的时间。", Z_DEPTH),
        ("引文未提到梅尔。", Z_DEPTH),
        ("引文只支持前半部分。", Z_DEPTH),
        ("第二部分没有出现在引文中。", Z_DEPTH),
        ("引文无法证实首次测量的时间。", Z_DEPTH),
        ("原文没有说明是谁测量的。", Z_DEPTH),
        ("引文没有提到1951年。", Z_DEPTH),
        ("引文只给出了深度，没有年份。", Z_DEPTH),
        ("没有提供日期。", Z_DEPTH),
    ],
)
def test_a_reason_tells_what_a_quote_says_and_does_not(told: str, of: tuple[str, str]) -> None:
    assert because(told, *of) == told


@pytest.mark.parametrize(
    ("told", "of"),
    [
        ("The accident closed the railway in 2019.", ACCIDENT),
        ("The quote says the accident closed the railway in 2019.", ACCIDENT),
        ("The quote says the railway closed because of the accident.", ACCIDENT),
        (".", ACCIDENT),
        ("Merle lied about the quote.", DEPTH),
        ("—", ACCIDENT),
        ("The railway did not have an accident.", ACCIDENT),
        ("The accident caused the railway.", ACCIDENT),
        ("The railway lacks an accident.", ACCIDENT),
        ("The quote says France beat England.", WAR),
        ("England did not beat France.", WAR),
        ("France beat England.", WAR),
        ("Medicine was not given to children.", MEDICINE),
        ("The trench does not contain water.", MEDICINE),
        ("The children had no medicine.", MEDICINE),
        ("Children are without the medicine.", MEDICINE),
        ("Children lack medicine.", MEDICINE),
        ("The text says the trench does not contain water.", MEDICINE),
        ("The trench does not contain water, the quote says.", MEDICINE),
        ("红隼海沟不深。", Z_DEPTH),
        ("梅尔没有测量红隼海沟。", Z_DEPTH),
        ("的", Z_DEPTH),
        ("—", Z_DEPTH),
        ("红隼海沟的深度是1951米。", Z_DEPTH),
        ("引文说红隼海沟不包含梅尔。", Z_DEPTH),
        ("因为梅尔，海沟深。", Z_DEPTH),
    ],
)
def test_a_reason_states_nothing_of_the_subject(told: str, of: tuple[str, str]) -> None:
    assert because(told, *of) == ""
