"""Where something is published, told from its address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.ledger.authority import _HOSTS, WEIGHTS, authority_of


@pytest.mark.parametrize(
    "url, authority",
    [
        ("https://www.noaa.gov/a", "official"),
        ("https://stats.gov.cn/x", "official"),
        ("https://www.mlit.go.jp/", "official"),
        ("https://ec.europa.eu/eurostat", "official"),
        ("https://www.nature.com/articles/1", "peer_reviewed"),
        ("https://doi.org/10.5555/1", "peer_reviewed"),
        ("https://arxiv.org/abs/1", "primary"),
        ("https://www.cs.tsinghua.edu.cn/", "primary"),
        ("https://www.ox.ac.uk/", "primary"),
        ("https://zh.wikipedia.org/wiki/x", "reference"),
        ("https://old.reddit.com/r/x", "aggregator"),
        ("https://www.zhihu.com/question/1", "aggregator"),
        ("https://blog.csdn.net/a", "aggregator"),
        ("https://example.com/reddit.com", None),
        ("https://notreddit.com/", None),
        ("https://gov.example.com/", None),
        ("library://notes/a.gov", None),
        ("http://127.0.0.1/", None),
        ("http://[broken", None),
    ],
)
def test_by_host(url: str, authority: str | None) -> None:
    assert authority_of(url) == authority


@pytest.mark.parametrize(
    ("host", "authority"),
    [(host, level) for level, hosts in _HOSTS.items() for host in hosts.split()],
)
def test_every_host_that_is_named_has_its_level(host: str, authority: str) -> None:
    assert authority_of(f"https://www.{host}/a") == authority


def test_names_of_hosts_do_not_run_together() -> None:
    assert (
        authority_of("https://www.britannica.com/x")
        == authority_of("https://plato.stanford.edu/x")
        == "reference"
    )


@given(st.text(max_size=60))
def test_whatever_is_asked_has_a_weight(text: str) -> None:
    assert 0.5 < WEIGHTS[authority_of("https://" + text)] < 1.5
