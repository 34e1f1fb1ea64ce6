"""Near-copies of whole texts, and that they never count as corroboration."""

from hypothesis import given
from hypothesis import strategies as st

from research.ledger.copies import copies_of, resemblance, sketch

ARTICLE = " ".join(
    f"In {1900 + n} the keepers of lighthouse number {n} counted {n * 7} ships and wrote {n * 3} letters to the office in the capital."
    for n in range(12)
)
OTHER = " ".join(
    f"The {n}th survey of the bay measured {n * 11} soundings from a boat with a crew of {n + 2} under sail."
    for n in range(12)
)
CHINESE = (
    "港务局每周向船员发布航行通告，并在任何人都可以查阅的档案中保存。"
    "这座灯塔建于一八七一年，高出海面四十八米，一九八八年实现自动化。每年约有一万四千名游客登上塔顶。"
)


def test_a_syndicated_article_and_a_longer_page_around_it_are_copies() -> None:
    syndicated = (
        "By our correspondent. "
        + ARTICLE.replace("letters", "notes", 1)
        + " Read more in our newsletter."
    )
    longer = OTHER + " " + ARTICLE
    assert copies_of({"a": ARTICLE, "b": syndicated, "c": OTHER, "d": longer}) == {
        "b": "a",
        "d": "a",
    }
    assert copies_of({"zh": CHINESE, "mirror": "转载：" + CHINESE}) == {"mirror": "zh"}


def test_articles_on_one_subject_and_short_texts_are_no_copies() -> None:
    retold = (
        ARTICLE.replace("counted", "had seen about")
        .replace("wrote", "sent home")
        .replace("keepers of", "men in")
    )
    assert copies_of({"a": ARTICLE, "b": retold}) == {}
    assert copies_of({"a": "The tide turned at noon.", "b": "The tide turned at noon."}) == {}


def test_two_long_texts_that_hold_one_abstract_are_no_copies_of_each_other() -> None:
    abstract = " ".join(ARTICLE.split()[:60])
    letters = " ".join(
        f"Letter {n} of the keeper tells of {n * 5} storms and {n * 2} wrecks on the northern shore."
        for n in range(20)
    )
    papers = {
        "b": f"{abstract} {OTHER} {OTHER.replace('survey', 'voyage')}",
        "c": f"{abstract} {letters}",
    }
    assert copies_of({"a": abstract, **papers}) == copies_of({**papers, "a": abstract}) == {}


@given(st.text(max_size=300))
def test_resemblance_is_a_share_and_the_same_both_ways(text: str) -> None:
    one, other = sketch(text + ARTICLE), sketch(OTHER + text)
    assert resemblance(one, one) == 1.0
    assert 0.0 <= resemblance(one, other) == resemblance(other, one) <= 1.0
