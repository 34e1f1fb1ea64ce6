"""Names in two languages, passages that lose no sentence, and a walk that keeps what it starts
with."""

from itertools import pairwise

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from browser.documents.parts import snapshot_of
from browser.documents.reading import read_text
from browser.library.chunks import chunks_of
from browser.library.links import NameLinks
from browser.library.names import ChineseTitles, names_in, title_names
from browser.library.ranking import DEFAULT, WORDS_ALONE, rank


def test_names() -> None:
    text = "In 1951 HMS Challenger sounded the Mariana Trench. It was J. K. Rowling's idea, off the Gulf of Mexico."
    assert names_in(text) >= {
        "hms challenger",
        "mariana trench",
        "j. k. rowling",
        "gulf of mexico",
        "mexico",
    }
    assert not names_in("it was so. However 1951 the The") & {"1951", "however", "the"}
    assert names_in("他写了《海底地图》和《潮汐》。Seabed计划由此开始。") >= {
        "海底地图",
        "潮汐",
        "seabed",
    }
    assert title_names("Brother (Pearl Jam song)") == {"brother"}
    assert title_names("潮汐（小说）") == {"潮汐"}


def test_chinese_titles_are_found_where_no_capital_shows_them() -> None:
    titles = ChineseTitles(["远山设计院", "东湖电站（一期）", "桥", "Harbour"])
    assert titles.in_text("东湖电站由远山设计院设计，旁边是桥。") == {"远山设计院", "东湖电站"}
    assert titles.in_text("the harbour") == set()


@given(
    st.lists(
        st.sampled_from(
            ["Short one.", "A longer sentence " + "word " * 60 + "ends.", "一句话。", "word " * 400]
        ),
        max_size=30,
    )
)
def test_chunks_cover_every_sentence_in_order(sentences: list[str]) -> None:
    snapshot = snapshot_of(
        read_text("# Title\n\n" + "\n\n".join(sentences), name="x.md", media_type="text/markdown")
    )
    chunks = chunks_of("Title", snapshot)
    assert sorted({n for chunk in chunks for n in range(chunk.first, chunk.last)}) == list(
        range(len(snapshot.sentences))
    )
    for chunk in chunks:
        assert all(snapshot.sentence(n) in chunk.text for n in range(chunk.first, chunk.last))
    assert all(one.first < other.first for one, other in pairwise(chunks))


@given(
    st.lists(st.dictionaries(st.sampled_from("abcdef"), st.booleans()), min_size=1, max_size=12),
    st.integers(0, 11),
)
def test_the_walk_is_bounded_and_its_start_is_reached(
    names: list[dict[str, bool]], start: int
) -> None:
    seeds = numpy.zeros(len(names))
    seeds[start % len(names)] = 2.0
    spread = NameLinks(names, list(range(len(names)))).spread(seeds)
    assert spread.max() == pytest.approx(1.0) and spread.min() >= 0
    assert spread[start % len(names)] > 0


def test_names_of_one_document_alone_link_nothing() -> None:
    links = NameLinks([{"a": True}, {"a": False}, {"b": True}], [0, 0, 1])
    assert links.spread(numpy.array([1.0, 0.0, 0.0])).tolist() == [1.0, 0.0, 0.0]


def test_a_passage_without_a_vector_is_judged_by_its_words() -> None:
    links = NameLinks([{}, {}, {}], [0, 1, 2])
    words, cosines, known = (
        numpy.array([4.0, 2.0, 0.0]),
        numpy.array([0.0, 0.9, 0.1]),
        numpy.array([False, True, True]),
    )
    ranked = rank(words, cosines, known, links, DEFAULT)
    assert ranked.words.tolist() == [1.0, 0.5, 0.0]
    assert ranked.meaning.tolist() == pytest.approx([0.0, 1.0, 0.0])
    assert ranked.score[0] > ranked.score[1] > ranked.score[2] == 0
    assert rank(words, cosines, known, links, WORDS_ALONE).score.tolist() == [1.0, 0.5, 0.0]
    assert not rank(numpy.zeros(3), None, known, links, DEFAULT).score.any()
