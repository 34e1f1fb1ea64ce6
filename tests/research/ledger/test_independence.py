"""Which site a page is of, and how many of several texts speak for themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.domain import Quote
from research.ledger.independence import Origins, site_of


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("http://NEWS.People.com.cn/x", "people.com.cn"),
        ("https://stats.gov.cn/tjsj", "stats.gov.cn"),
        ("https://en.m.wikipedia.org/wiki/Sea", "wikipedia.org"),
        ("https://ada.github.io/sea", "ada.github.io"),
        ("http://127.0.0.2:8080/a", "127.0.0.2"),
        ("http://[::1]:8080/a", "::1"),
        ("http://localhost:8080/a", "localhost"),
        ("https://a.b.kestrel.test/", "kestrel.test"),
        ("https://co.uk/", "co.uk"),
        ("library://own/co.uk", ""),
        ("http://[broken", ""),
        ("no address", ""),
    ],
)
def test_a_site_is_what_somebody_registered(url: str, site: str) -> None:
    assert site_of(url) == site


def test_a_name_in_other_letters_is_the_same_site() -> None:
    assert site_of("https://www.xn--55qx5d.cn/a") == site_of("https://www.公司.cn/b")


def quote(reading: str, text: str = "", words: str = "") -> Quote:
    name = text or reading
    return Quote(
        reading_id=reading,
        snapshot_id=name,
        spans=((0, 1),),
        quote=words or f"words of {name} {reading}",
    )


SITES = {"a1": "a.org", "a2": "a.org", "b1": "b.org", "b2": "b.org", "c1": "c.org"}
FROM = Origins(SITES, {"b1": "a1"})


@pytest.mark.parametrize(
    ("readings", "count"),
    [
        ((), 0),
        (("a1", "a2"), 1),
        (("a1", "b1"), 1),
        (("a2", "b1"), 2),
        (("a1", "b1", "b2"), 2),
        (("a1", "a2", "b1", "b2", "c1"), 3),
        (("own", "other"), 2),
    ],
)
def test_pages_of_one_site_and_near_copies_are_one_voice(
    readings: tuple[str, ...], count: int
) -> None:
    quotes = [quote(reading) for reading in readings]
    assert FROM.independent(quotes) == FROM.independent(quotes[::-1]) == count


@pytest.mark.parametrize("again", ["It is 5 m long", "It is 5 m long."])
def test_the_same_words_are_one_voice_wherever_they_stand(again: str) -> None:
    said = quote("a1", words="It is 5 m long.")
    assert FROM.independent([said, quote("c1", words=again)]) == FROM.independent([said]) == 1
    assert FROM.independent([quote("a1"), quote("c1")]) == 2


@given(st.lists(st.sampled_from([*SITES, "own"]), max_size=30), st.sampled_from([*SITES, "own"]))
def test_one_more_quote_never_makes_fewer_voices_and_at_most_one_more(
    readings: list[str], more: str
) -> None:
    quotes = [quote(reading) for reading in readings]
    assert 0 <= FROM.independent([*quotes, quote(more)]) - FROM.independent(quotes) <= 1
