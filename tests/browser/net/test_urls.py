"""Canonical URLs: what counts as the same page, and that saying it twice changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browser.net.urls import canonical_url, host_of, in_domains

PIECE = st.text(st.sampled_from("abzAZ019-_.~%/:@?&=#+ éß中\u0130"), max_size=12)
HOST = st.from_regex(r"[a-zA-Z0-9-]{1,8}(\.[a-zA-Z0-9-]{1,8}){0,3}", fullmatch=True)
URL = st.builds(
    "{}://{}{}/{}?{}#{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    HOST,
    st.sampled_from(["", ":80", ":443", ":8080"]),
    PIECE,
    PIECE,
    PIECE,
)


@pytest.mark.parametrize(
    "one, other",
    [
        ("http://www.Example.com/a/", "https://example.com/a"),
        ("https://m.example.com/a", "https://example.com/a#part"),
        ("https://example.com:443/a?utm_source=x&b=2&a=1", "https://example.com/a?a=1&b=2"),
        ("https://example.com/a?fbclid=123&spm=a.b", "https://example.com/a"),
        ("http://example.com:80", "https://example.com/"),
        ("https://example.com/a%7Eb/%e4%b8%ad", "https://example.com/a~b/中"),
        ("https://example.com/dir/index.html", "https://example.com/dir"),
        ("https://中文.com/", "https://xn--fiq228c.com"),
        ("https://example.com./x", "https://example.com//x"),
        ("https://en.m.wikipedia.org/wiki/Sonar", "https://en.wikipedia.org/wiki/Sonar"),
        (
            "https://zh.m.wikipedia.org/wiki/声纳",
            "https://zh.wikipedia.org/wiki/%E5%A3%B0%E7%BA%B3",
        ),
        ("https://example.com/news/story/amp", "https://example.com/news/story"),
        ("https://example.com/news/story/amp/", "https://example.com/news/story"),
        ("https://example.com/news/story.amp", "https://example.com/news/story"),
        ("https://example.com/story?amp=1", "https://example.com/story"),
        ("https://example.com/story?outputType=amp", "https://example.com/story"),
        (
            "https://www-example-com.cdn.ampproject.org/c/s/www.example.com/story",
            "https://www.example.com/story",
        ),
        ("https://www.google.com/amp/s/example.com/story", "https://example.com/story"),
        ("https://wap.example.cn/a", "https://www.example.cn/a"),
        ("https://example.com/a?gclid=9&_ga=2.1", "https://example.com/a"),
        ("https://example.com/a?srsltid=AfmB", "https://example.com/a"),
        ("HTTP://EXAMPLE.COM/a", "https://example.com/a"),
        ("https://example.com/a?", "https://example.com/a"),
        ("https://www2.example.com/a", "https://example.com/a"),
        ("https://example.com/?b=1&a=%20x", "https://example.com/?a=+x&b=1"),
    ],
)
def test_spellings_of_one_page(one: str, other: str) -> None:
    assert canonical_url(one) == canonical_url(other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("https://example.com/a", "https://example.com/A"),
        ("https://example.com/?id=1", "https://example.com/?id=2"),
        ("http://example.com:8080/", "http://example.com/"),
        ("https://docs.example.com/", "https://example.com/"),
        ("https://example.com/a%3Fb", "https://example.com/a?b"),
        ("https://example.com/a?p=1", "https://example.com/a"),
        ("https://example.com/watch?v=x", "https://example.com/watch?v=y"),
        ("https://mit.example.com/", "https://example.com/"),
        ("https://example.com/a%2Fb", "https://example.com/a/b"),
        ("https://example.com/champ", "https://example.com/ch"),
        ("https://example.com/a?ref=1", "https://example.com/a?ref=2"),
        ("https://example.com/thread?page=2", "https://example.com/thread"),
        ("https://example.com/amp", "https://example.com/amplifier"),
        ("https://m.me/x", "https://me/x"),
        ("https://example.org/wiki/amp", "https://example.org/wiki"),
    ],
)
def test_different_pages_stay_different(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


@given(
    URL,
    st.sampled_from(["utm_source=x", "fbclid=1", "gclid=2", "spm=a.b", "_ga=1"]),
    st.sampled_from(["#top", "", "#:~:text=x"]),
)
def test_tracking_and_fragments_never_matter(url: str, tracking: str, fragment: str) -> None:
    bare = url.partition("#")[0].strip()
    assert canonical_url(
        bare + ("&" if "?" in bare else "?") + tracking + fragment
    ) == canonical_url(bare)


@given(
    st.from_regex(r"[a-z]{2,8}\.[a-z]{2,3}", fullmatch=True),
    st.from_regex(r"(/[a-z0-9]{1,5}){0,3}", fullmatch=True),
)
def test_prefixes_ports_and_slashes_never_matter(host: str, path: str) -> None:
    spellings = [
        f"https://{host}{path}",
        f"http://{host}:80{path}/",
        f"https://www.{host}:443{path}",
        f"HTTP://M.{host.upper()}{path}//",
    ]
    assert len({canonical_url(one) for one in spellings}) == 1


def test_what_is_no_web_url_keeps_its_form() -> None:
    assert canonical_url(" library://notes/a%20b.md#x ") == "library://notes/a%20b.md#x"
    assert canonical_url("http://[broken") == "http://[broken"


@given(URL)
def test_idempotent(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once


@given(st.text(max_size=40))
def test_never_fails(text: str) -> None:
    once = canonical_url(text)
    assert canonical_url(once) == once
    host_of(text)


def test_domains_are_suffixes_of_whole_labels() -> None:
    assert in_domains("https://news.example.com/x", ("example.com",))
    assert in_domains("https://WWW.Example.com./x", ("*.example.com",))
    assert not in_domains("https://notexample.com/x", ("example.com",))
    assert not in_domains("https://example.com.evil.net/x", ("example.com",))
