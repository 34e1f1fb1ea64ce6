"""The links of a page: which are kept, in what order, and what hostile pages make of them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.guarding.provenance import addresses_in
from browser.documents.parsing import parse
from browser.html.extract import read_html, read_whole
from browser.html.links import MOST, address_of
from research.domain import LONGEST_ADDRESS

FILLER = "<p>The lighthouse was first lit in 1871 and stands 48 metres above the grey sea.</p>" * 4
HERE = "https://coast.example/guide/index.html"


def found(body: str, url: str = HERE, head: str = "") -> list[tuple[str, str]]:
    text = f"<html><head><title>Lights</title>{head}</head><body>{body}</body></html>"
    return [(link.text, link.url) for link in read_html(text, url).page.links]


def test_links_of_the_main_text_come_before_those_around_it() -> None:
    body = (
        '<nav><a href="/">Home</a></nav><article><h1>Lights</h1>'
        f'{FILLER}<p>It is one of <a href="north.html#top">the <b>northern</b> lights</a>, '
        f"which the harbour office keeps in order all year.</p>{FILLER}</article>"
        '<footer><a href="mailto:a@coast.example">Write</a><a href="?page=2">Next</a></footer>'
    )
    assert found(body) == [
        ("the northern lights", "https://coast.example/guide/north.html"),
        ("Home", "https://coast.example/"),
        ("Next", "https://coast.example/guide/index.html?page=2"),
    ]


def test_each_address_is_told_once_and_not_the_page_itself() -> None:
    body = (
        '<a href="#part">Part</a><a href="index.html">Here</a>'
        '<a href="a.html"><img src="a.png"></a><a href="a.html#x">The first</a>'
        '<a href="/guide/a.html">Again</a><a href="b.html"><img alt="A chart"></a>'
    )
    assert found(body) == [
        ("The first", "https://coast.example/guide/a.html"),
        ("A chart", "https://coast.example/guide/b.html"),
    ]


def test_a_base_is_what_addresses_are_relative_to() -> None:
    assert found('<a href="a.html">A</a>', head='<base href="/other/">') == [
        ("A", "https://coast.example/other/a.html")
    ]
    assert found('<a href="a.html">A</a>', head='<base href="http://[">') == [
        ("A", "https://coast.example/guide/a.html")
    ]


def test_links_in_tables_and_around_blocks_keep_their_words() -> None:
    rows = "".join(
        f'<tr><td>{n}</td><td><a href="/light/{n}">Light {n}</a></td><td>{n + 20} metres</td></tr>'
        for n in range(1, 5)
    )
    table = f"<table><tr><th>No</th><th>Name</th><th>Height</th></tr>{rows}</table>"
    card = '<a href="/card"><h3>The keepers</h3><p>Who kept the lights.</p></a>'
    told = found(f'<nav><a href="/">Home</a></nav><article>{FILLER}{table}{FILLER}</article>{card}')
    assert told[:4] == [(f"Light {n}", f"https://coast.example/light/{n}") for n in range(1, 5)]
    assert ("The keepers Who kept the lights.", "https://coast.example/card") in told


def test_what_a_reader_does_not_see_is_no_link() -> None:
    body = (
        '<a href="/a" style="display:none">Hidden</a><div hidden><a href="/b">Too</a></div>'
        '<a href="/c"></a><a>No address</a><a href="/d">Seen</a>'
    )
    assert found(f"<article>{FILLER}{body}</article>") == [("Seen", "https://coast.example/d")]


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVa\nScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://coast.example/x",
        "library://notes/secret.md",
        "http://user:word@coast.example/",
        "http://coast.example@evil.example/",
        "http://[::1",
        "http://coast.example:99999/",
        "http:///nowhere",
        "/with\x00nul",
        "/with\x07bell",
        "/" + "a" * (LONGEST_ADDRESS + 1),
        "/" + "a" * 1_000_000,
        "//\u2100.example/",
    ],
)
def test_hostile_addresses_are_no_links(href: str) -> None:
    assert address_of(HERE, href, HERE) is None
    assert found(f'<a href="{href}">Click</a><a href="/ok">Fine</a>')[-1][0] == "Fine"


@given(st.text(max_size=60))
def test_what_is_a_link_can_be_told_and_is_known_again(href: str) -> None:
    address = address_of(HERE, href, HERE)
    assert address is None or (
        address.isascii()
        and len(address) <= LONGEST_ADDRESS
        and address in addresses_in(f"- Some words — {address}\n")
    )


def test_odd_signs_are_written_as_browsers_do() -> None:
    assert (
        address_of(HERE, " a b'c|d.html ", HERE) == "https://coast.example/guide/a%20b%27c%7Cd.html"
    )
    assert address_of(HERE, "/灯塔?q=海", HERE) == (
        "https://coast.example/%E7%81%AF%E5%A1%94?q=%E6%B5%B7"
    )
    assert address_of(HERE, "//bücher.example/x", HERE) == "https://xn--bcher-kva.example/x"


def test_thousands_of_links_are_read_in_a_bounded_time_and_number() -> None:
    many = "".join(f'<a href="/p/{n}">Page {n}</a> ' for n in range(30_000))
    nested = "<div><a href='/n'>" * 3_000
    began = time.process_time()
    told = found(many + nested + "x" * 1_000_000)
    assert len(told) == MOST
    assert told[0] == ("Page 0", "https://coast.example/p/0")
    assert time.process_time() - began < 60


def test_words_are_one_clean_line() -> None:
    body = (
        '<a href="/a">Two\n\nlines\u202e\u200b of\ttext</a><a href="/b">' + "long " * 999 + "</a>"
    )
    (first, _), (second, _) = found(body)
    assert first == "Two lines of text"
    assert len(second) <= 120 and second.endswith("…")


def test_documents_of_a_library_lead_to_each_other() -> None:
    here = "library://my%20notes/guide/index.html"
    body = (
        '<a href="../a%20b.html#x">Up</a><a href="sub/c.html?v=2">Down</a><a href="/top.md">Top</a>'
        '<a href="library://other/x.md">Other</a><a href="//evil.example/x">Host</a>'
        '<a href="http://coast.example/">Web</a><a href="../../../../x.md">Beyond</a>'
    )
    assert found(body, here) == [
        ("Up", "library://my%20notes/a%20b.html"),
        ("Down", "library://my%20notes/guide/sub/c.html"),
        ("Top", "library://my%20notes/top.md"),
        ("Web", "http://coast.example/"),
        ("Beyond", "library://my%20notes/x.md"),
    ]


def test_links_change_nothing_of_the_text() -> None:
    body = f'<article>{FILLER}<p>See <a href="/a">the <b>list</b></a> of lights.</p></article>'
    bare = body.replace('href="/a"', 'data-x="/a"')
    assert read_html(body, HERE).page.text == read_html(bare, HERE).page.text
    assert [part.text for part in read_whole(body).parts][-1] == "See the list of lights."


def test_a_page_that_is_a_list_of_links_tells_their_titles() -> None:
    titles = [f"Proposal {n}: a better harbour light" for n in range(1, 42)]
    items = "".join(f'<li><a href="p{n}.html">{one}</a></li>' for n, one in enumerate(titles))
    page = parse(
        f"<html><title>Proposals</title><body><h1>Proposals</h1><ul>{items}</ul></body></html>".encode(),
        name="/index.html",
        url=HERE,
        media_type="text/html",
    ).document.page
    assert all(title in page.text for title in titles)
    assert [link.text for link in page.links] == titles
