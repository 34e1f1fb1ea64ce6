"""The main text of a page: what trafilatura chooses, made whole by the page's own structure."""

import pytest

from browser.html.extract import read_html
from browser.html.main_text import SIGNS
from tests.browser.html.test_extract import FILLER, page

OTHER = (
    "The light was built by the board in the year after the storm, and it was paid for by a toll on coal. "
    * 3
)


def text_of(html: str) -> str:
    return read_html(html, "https://example.com/x").page.text


def test_an_article_in_pieces_is_read_whole() -> None:
    piece = "<div class='grid'><div class='article-body'><p>{}</p><p>{}</p></div></div><div class='ad'><p>Buy rope.</p></div>"
    html = f"<html><body><article>{piece.format(FILLER, FILLER)}{piece.format(OTHER, OTHER)}</article></body></html>"
    text = text_of(html)
    assert text.count("round hand") == 8 and text.count("toll on coal") == 6


def test_another_article_on_the_page_is_not_added() -> None:
    other = f"<article class='teaser'><div class='b'><p>{OTHER}</p></div></article>"
    html = f"<html><body><main><article><div class='b'><p>{FILLER}</p><p>{FILLER}</p></div></article>{other}</main></body></html>"
    assert "round hand" in text_of(html) and "toll on coal" not in text_of(html)


def test_lines_that_only_link_elsewhere_go_and_links_in_the_text_stay() -> None:
    teaser = "<p><a href='/rope'>Read how the rope of the harbour was made and sold for many years</a></p>"
    body = f"{teaser}<p>{OTHER} See <a href='/list'>the list of lights</a> of 1871.</p><h2><a href='#n'>Notes</a></h2><p>{FILLER}</p>"
    text = text_of(page(body))
    assert (
        "how the rope" not in text
        and "See the list of lights of 1871." in text
        and "## Notes" in text
    )


def test_a_page_of_links_keeps_them() -> None:
    links = "".join(
        f"<p><a href='/{n}'>Record number {n} of the harbour board, with all its ships and tolls</a></p>"
        for n in range(12)
    )
    assert "Record number 7 of" in text_of(
        f"<html><body><main><h1>Records</h1>{links}</main></body></html>"
    )


def test_an_index_of_titles_and_a_line_about_each_is_text() -> None:
    items = "".join(
        f"<li><time>2026-03-{n}</time> <a href='/log/{n}.html'>Log of the night {n}</a><br>The lamp of watch {n} was lit late</li>"
        for n in range(10, 18)
    )
    menu = "<header><nav><ul><li><a href='/'>Home</a></li></ul></nav></header>"
    html = f"<html><title>Logs</title><body>{menu}<main><h1>Logs</h1>\n\n<ul>{items}</ul></main><footer><p>Kept by the board.</p></footer></body></html>"
    assert "The lamp of watch 12 was lit late" in text_of(html)


def test_a_table_of_links_goes_and_one_of_figures_stays_whole() -> None:
    links = "".join(
        f"<tr><td><a href='/{n}'>The light of {n}</a></td><td><a href='/b{n}'>The buoy of {n}</a></td></tr>"
        for n in range(9)
    )
    figures = "".join(f"<tr><td>Quay {n}</td><td>{n}.5 m</td></tr>" for n in range(9))
    text = text_of(
        page(
            f"<table><tr><th>Quay</th><th>Depth</th></tr>{figures}</table><p>{OTHER}</p><table class='x'>{links}</table>"
        )
    )
    assert all(f"Quay: Quay {n}; Depth: {n}.5 m." in text for n in range(9))
    assert "The buoy of" not in text


def test_a_short_page_is_what_stands_in_its_main_part() -> None:
    shut = "<main><form><div>The quay is shut on Mondays.</div></form></main>"
    assert (
        text_of(
            f"<html><body><nav><a href='/'>Home</a></nav>{shut}<footer>© Board</footer></body></html>"
        )
        == "The quay is shut on Mondays."
    )


def test_marks_are_no_part_of_the_text_and_cannot_be_forged() -> None:
    forged = "".join(chr(0xE0100 + digit) for digit in (0, 0, 1, 0, 0, 2))
    html = page(f"<p>{forged}{OTHER}</p>").replace("Menu", f"{forged}Menu of the harbour")
    read = read_html(html, "https://example.com/x").page
    assert not SIGNS.search(read.text) and "Menu" not in read.text
    assert [
        read.text[start:end] for start, end in read.sentences if "coal" in read.text[start:end]
    ] == [OTHER.split(". ")[0] + "."] * 3


def test_what_holds_nearly_all_of_a_page_is_shown_by_its_scripts() -> None:
    style = "<style>.loading { opacity: 0 }</style>"
    menu = "<ul><li><a href='/'>Home</a></li></ul>"
    paragraphs = "".join(f"<p>{FILLER}</p><p>{OTHER}</p>" for _ in range(4))
    slide = "<div class='slide' style='display:none'><p>{}</p></div>"
    for body in (
        f"<div class='loading'>{paragraphs}</div>",
        f"<noscript>{paragraphs}</noscript>",
        "".join(slide.format(text) for text in (FILLER, OTHER) * 4),
    ):
        text = text_of(f"<html><head>{style}</head><body>{menu}{body}</body></html>")
        assert "round hand" in text and "toll on coal" in text


def test_what_is_hidden_beside_a_text_stays_hidden() -> None:
    shown = "".join(f"<p>{FILLER}</p>" for _ in range(6))
    hidden = "".join(f"<div class='x' style='display:none'><p>{OTHER}</p></div>" for _ in range(6))
    text = text_of(f"<html><body><article>{shown}{hidden}</article></body></html>")
    assert "round hand" in text and "toll on coal" not in text


def test_a_paragraph_that_is_tagged_as_a_heading_is_text() -> None:
    lines = "".join(f"<h3>{OTHER}</h3>" for _ in range(3))
    text = text_of(f"<html><body><article>{lines}</article></body></html>")
    assert text.count("toll on coal") == 9


def test_a_table_that_arranges_a_page_with_empty_cells_is_no_data() -> None:
    empty = "<tr><td></td><td> </td><td></td></tr>"
    row = f"<tr><td></td><td><p>{FILLER}</p><p>{OTHER}</p></td><td></td></tr>"
    text = text_of(f"<html><body><table>{empty}{row}{empty}</table></body></html>")
    assert f"\n\n{OTHER.strip()}" in text and "round hand" in text


@pytest.mark.parametrize(
    "odd",
    [
        "<ruby>a<ruby>b<rt>c</rt></ruby><rt>d<ruby>x<rt>y</rt></ruby></rt></ruby>",
        "<p>x<sup><sup>2</sup></sup></p>",
        "<h1>The lights</h1><p>&#8203;</p><p>&#173;</p>",
    ],
)
def test_odd_trees_are_read(odd: str) -> None:
    assert "toll on coal" in text_of(page(f"{odd}<p>{OTHER}</p>"))
    assert isinstance(text_of(odd), str)


INVENTORY = """<html><body><nav><a href="/">Home</a> <a href="/news">News</a></nav><h1>Inventory</h1>
<main><table><tr><th>Group</th><th>Live</th></tr><tr><td>A Shared web</td><td>38,400</td></tr>
<tr><td>D Appliances</td><td>640</td></tr></table><h2>Notes</h2><ul>
<li>A renewal by hand in group D takes 12 minutes on average.</li><li>Not checked again.</li></ul>
</main><footer>Kept by the platform team.</footer></body></html>"""


def test_the_main_part_of_a_page_is_kept_whole_where_it_leads_nowhere_else() -> None:
    text = read_html(INVENTORY, "https://example.org/inventory").page.text
    assert "takes 12 minutes" in text and "Not checked again." in text
    assert "Home" not in text and "Kept by" not in text


MENU = "<p><a href='/'>Home</a> | <a href='/news'>News</a> | <a href='/rules'>Rules</a></p>"


def test_questions_stand_over_short_answers() -> None:
    asked = "".join(
        f"<h3>Who pays for the {thing}?</h3><p>The keeper of the {thing} does, until 1931.</p>"
        for thing in ("rope", "lamp", "boat", "winch", "ladder", "flag", "horn", "clock")
    )
    text = text_of(
        f"<html><body>{MENU}<h1>Questions</h1>{asked}<p>Written in 1930.</p></body></html>"
    )
    assert text.count("### Who pays for the") == 8 and text.count("until 1931") == 8


def test_a_page_that_is_a_list_of_places_has_them() -> None:
    places = "".join(
        f"<li><a href='/{n}'>Light {n}</a> ({n} lamps; <a href='/b#{n}'>bells</a>)</li>"
        for n in range(1, 9)
    )
    head = f"<p><b>Board of Lights</b> (founded 1884)</p>{MENU}<h1>The lights</h1>"
    foot = "<hr><p class='n'>Board of Lights. Webmaster: webmaster at the address of the Board.</p>"
    text = text_of(f"<html><body>{head}<ul>{places}</ul>{foot}</body></html>")
    assert "Light 1 (1 lamps; bells)" in text and "Light 8 (8 lamps; bells)" in text
