"""What stands together in an HTML document stays together, formulas are read once, and what is
struck out is not told as current."""

import io

import mammoth
import pytest
from docx import Document as NewDocument
from markdown_it import MarkdownIt

from browser.html.extract import read_html, read_whole
from research.domain import ReadingNote
from tests.browser.html.test_extract import FILLER, page


def told(body: str, head: str = "") -> list[str]:
    return [
        part.text
        for part in read_whole(f"<html><head>{head}</head><body>{body}</body></html>").parts
    ]


def left_out(body: str) -> list[tuple[str, int]]:
    return [
        (note.kind, note.count) for note in read_whole(f"<html><body>{body}</body></html>").notes
    ]


# Formulas

MATH = "<math {}><semantics><mrow><mi>v</mi><mo>=</mo><msup><mi>x</mi><mn>2</mn></msup></mrow>{}</semantics></math>"
TEX = '<annotation encoding="application/x-tex">{}</annotation>'
KATEX = (
    '<span class="katex"><span class="katex-mathml">{}</span>'
    '<span class="katex-html" aria-hidden="true"><span class="base">v=x<span>2</span></span></span></span>'
)
WIKIPEDIA = (
    '<span class="mwe-math-element"><span class="mwe-math-mathml-inline" style="display: none;">{}</span>'
    '<img src="https://x.example/media/math/render/svg/9" alt="{{\\displaystyle v=x^{{2}}}}" aria-hidden="true"></span>'
)
MATHJAX_2 = (
    '<span class="MathJax_Preview">v=x2</span><span class="MathJax"><nobr>v=x2</nobr><span class="MJX_Assistive_MathML">{}</span></span>'
    '<script type="math/tex">v=x^2</script>'
)
MATHJAX_3 = (
    '<mjx-container class="MathJax"><mjx-math aria-hidden="true"><mjx-mi></mjx-mi></mjx-math>'
    "<mjx-assistive-mml>{}</mjx-assistive-mml></mjx-container>"
)


@pytest.mark.parametrize(
    "formula, text",
    [
        (MATH.format("", ""), "v=x^2"),
        (MATH.format("", TEX.format("v=x^2")), "v=x^2"),
        (MATH.format('alttext="v=x^{2}"', ""), "v=x^{2}"),
        (MATH.format("", '<annotation encoding="StarMath 5.0">v={x^2}</annotation>'), "v=x^2"),
        (MATH.format("", "").replace("<m", "<m:m").replace("</m", "</m:m"), "v=x^2"),
        (KATEX.format(MATH.format("", TEX.format("v=x^2"))), "v=x^2"),
        (WIKIPEDIA.format(MATH.format("", TEX.format("{\\displaystyle v=x^{2}}"))), "v=x^{2}"),
        (MATHJAX_2.format(MATH.format("", "")), "v=x^2"),
        (MATHJAX_3.format(MATH.format("", "")), "v=x^2"),
        ('<img class="latex" src="latex.php?latex=v" alt="v=x^2">', "v=x^2"),
        ('<img src="9.png" alt="v=\\frac{x}{2}">', "v=\\frac{x}{2}"),
        ("<i>v</i> = <i>x</i><sup>2</sup>", "v = x^2"),
        ("<i>v</i> = <i>x</i><sup><i>n</i></sup>", "v = x^n"),
        ("<i>v</i> = 10<sup>n+1</sup>", "v = 10^(n+1)"),
        ("<i>v</i> = <i>x</i><sub>i+1</sub> + <i>x</i><sub><i>i</i></sub>", "v = x_(i+1) + x_i"),
        ("<i>v</i> = 2 CO<sub>2</sub>", "v = 2 CO2"),
        (
            "<script type='math/mml'><math><mi>v</mi><mo>=</mo><msup><mi>x</mi><mn>2</mn></msup></math></script>",
            "v=x^2",
        ),
        ("<script type='math/asciimath'>v=x^2</script>", "v=x^2"),
        ("<i>v</i> = the 1<sup>st</sup>", "v = the 1st"),
    ],
)
def test_a_formula_is_read_once(formula: str, text: str) -> None:
    assert told(f"<p>Here {formula} holds.</p>") == [f"Here {text} holds."]


@pytest.mark.parametrize(
    "mathml, text",
    [
        (
            "<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mrow><mn>2</mn><mi>c</mi></mrow></mfrac>",
            "(a+b)/(2c)",
        ),
        ("<msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt>", "sqrt(x+1)"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "root(x, 3)"),
        ("<msub><mi>x</mi><mi>i</mi></msub><mo>&#x2062;</mo><mi>y</mi>", "x_i y"),
        (
            "<msubsup><mi>x</mi><mn>1</mn><mrow><mi>n</mi><mo>+</mo><mn>1</mn></mrow></msubsup>",
            "x_1^(n+1)",
        ),
        (
            "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>i</mi>",
            "∑_(i=1)^n i",
        ),
        ("<mi>sin</mi><mo>&#x2061;</mo><mi>x</mi>", "sin x"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a,b)"),
        (
            "<mtable><mtr><mtd>1</mtd><mtd>0</mtd></mtr><mtr><mtd><mn>0</mn></mtd><mtd><mn>1</mn></mtd></mtr></mtable>",
            "[1, 0; 0, 1]",
        ),
        ("<mmultiscripts><mi>C</mi><mprescripts/><mn>6</mn><mn>14</mn></mmultiscripts>", "_6^14C"),
    ],
)
def test_mathml_in_one_line(mathml: str, text: str) -> None:
    assert told(f"<p><math>{mathml}</math></p>") == [text]


def test_a_formula_that_is_only_drawn_is_told() -> None:
    drawn = '<mjx-container jax="SVG"><svg><path d="M0"/></svg></mjx-container>'
    bare = '<span class="katex"><span class="katex-html" aria-hidden="true">v</span></span>'
    body = f'<p>Here {drawn} and {bare} and <img class="tex" src="9.png"> hold.</p>'
    assert told(body) == ["Here [formula] and [formula] and [formula] hold."]
    assert left_out(body) == [("formulas", 3)]


def test_formulas_without_end_are_read_as_their_words() -> None:
    deep = "<mrow>" * 200 + "<mi>x</mi>" + "</mrow>" * 200
    assert told(f"<p><math>{deep}</math></p>") == ["x"]


# Withdrawn text


@pytest.mark.parametrize(
    "struck",
    [
        "<del>80</del>",
        "<s>80</s>",
        "<strike><b>80</b></strike>",
        '<span style="text-decoration: line-through">80</span>',
        '<span style="color: red; TEXT-DECORATION-LINE:line-through">80</span>',
        '<span style="text-decoration:2px underline line-through">80</span>',
        '<span class="was">80</span>',
        '<b class="big"><i class="old">80</i></b>',
        '<span role="deletion">80</span>',
    ],
)
def test_what_is_struck_out_is_left_out_and_counted(struck: str) -> None:
    head = "<style>.was, b.big .old { text-decoration: line-through; } @media print { .now { text-decoration: line-through } }</style>"
    body = f'<p>The toll is {struck} <ins class="now">70</ins> crowns. {FILLER}</p>'
    read = read_html(page(body, head), "https://example.com/x").page
    assert "The toll is 70 crowns." in read.text
    assert read.notes == (ReadingNote(kind="withdrawn"),)


def test_what_only_looks_like_a_rule_for_striking_strikes_nothing() -> None:
    head = "<style>.was { text-decoration: underline } i.was, .x .was { text-decoration: line-through }</style>"
    assert told('<p>The toll is <span class="was">80</span> crowns.</p>', head) == [
        "The toll is 80 crowns."
    ]


def test_paragraphs_in_cells_do_not_part_a_table() -> None:
    cells = "<td><p>Brest</p><p>outer harbour</p></td><td><p>9 m</p><p>at low water</p></td>"
    table = f"<table><tr><td><p>Port</p></td><td><p>Depth</p></td><td><p>Lit</p></td></tr><tr>{cells}<td><p>1871</p></td></tr></table>"
    assert told(table) == ["Port: Brest outer harbour; Depth: 9 m at low water; Lit: 1871."]


def test_a_struck_row_and_a_struck_paragraph_are_gone() -> None:
    body = (
        "<table><tr><th>Port</th><th>Toll</th></tr><tr><td><s>Brest</s></td><td><s>9</s></td></tr>"
        "<tr><td>Skerry</td><td><s>5</s> 4</td></tr></table>"
    )
    assert told(body + "<p><del>It is shut.</del></p><p>It is open.</p>") == [
        "Port: Skerry; Toll: 4.",
        "It is open.",
    ]


# What stands together


def test_terms_begin_their_definitions() -> None:
    body = (
        "<dl><dt>Depth</dt><dd>14.5 m</dd><dt>Keel</dt><dt>Draught:</dt><dd><p>9 m</p><p>at low water</p></dd><dd>10 m at high water</dd>"
        "<dt>Is it lit?</dt><dd>Yes</dd></dl><dl><div><dt>Opened</dt><dd>1962</dd></div></dl><dl><dt>Alone</dt></dl>"
    )
    assert told(body) == [
        "Depth: 14.5 m",
        "Keel, Draught: 9 m",
        "at low water",
        "Keel, Draught: 10 m at high water",
        "Is it lit? Yes",
        "Opened: 1962",
        "Alone",
    ]


def test_labels_begin_their_values() -> None:
    rows = "<div class=r><span>Depth</span><span>14.5 m</span></div><div class=r><span>Length:</span><span>3,200 m</span></div>"
    assert told(f"<div>{rows}</div>") == ["Depth: 14.5 m", "Length: 3,200 m"]
    figures = (
        "<div><p><b>14.5 m</b><span>Depth</span></p><p><b>3,200 m</b><span>Length</span></p></div>"
    )
    assert told(figures) == ["Depth: 14.5 m", "Length: 3,200 m"]
    assert told(
        "<div><span>Depth</span><span>14.5 m</span></div><p><span>T</span><span>he quay</span></p>"
    ) == ["Depth 14.5 m", "The quay"]
    alone = (
        "<div><div>It is deep.</div><div>It is wide.</div></div>"
        "<ul><li><a href=/a>Home</a><span>1</span></li><li><a href=/b>Away</a><span>2</span></li></ul>"
    )
    assert told(alone) == ["It is deep.", "It is wide.", "- Home1", "- Away2"]


def test_elements_with_the_roles_of_a_table_are_one() -> None:
    head = "<div role=row><span role=columnheader>Port</span><span role=columnheader>Depth</span></div>"
    row = "<div role=row><span role=cell>Brest</span><span role=cell>9</span></div>"
    assert told(
        f"<div role=table><div role=rowgroup>{head}</div><div role=rowgroup>{row}</div></div>"
    ) == ["Port: Brest; Depth: 9."]


def test_words_keep_their_reading() -> None:
    ruby = "<ruby>灯<rp>（</rp><rt>とう</rt><rp>）</rp>台<rp>（</rp><rt>だい</rt><rp>）</rp></ruby>は<ruby>東<rt>ひがし</rt></ruby>にある。"
    assert told(f"<p>{ruby}</p>") == ["灯台（とうだい）は東(ひがし)にある。"]


def test_a_declarative_shadow_root_is_part_of_its_page() -> None:
    card = (
        '<x-card>Lit <b>since</b><i slot=name>Skerry light</i> 1871.<template shadowrootmode="open"><style>p{color:red}</style>'
        "<h2><slot name=name>No name</slot></h2><p>It stands 48 m high. <slot></slot></p>"
        "<p><slot name=more>No more.</slot></p></template></x-card>"
    )
    assert told(card) == ["Skerry light", "It stands 48 m high. Lit since 1871.", "No more."]
    assert told("<p>One.</p><template><p>Two.</p></template>") == ["One."]


def test_pictures_that_nothing_tells_are_counted() -> None:
    small = '<img src=i.png width=16 height=16><img src=e.png alt=""><img src=d.png alt="A dock">'
    assert left_out(
        f"<p>Here.</p><img src=a.png><canvas></canvas><video src=v.mp4></video>{small}"
    ) == [("pictures", 2), ("media", 1)]
    beside = f"<footer><img src=logo.png></footer><p>{FILLER}</p><img src=chart.png><p>{FILLER}</p>"
    read = read_html(
        page(beside).replace("<nav>", "<nav><img src=n.png>"), "https://example.com/x"
    ).page
    assert read.notes == (ReadingNote(kind="pictures"),)


def test_a_table_in_a_cell_is_told_once_after_its_row() -> None:
    inner = "<table><tr><th>Month</th><th>Depth</th></tr><tr><td>May</td><td>9</td></tr><tr><td>June</td><td>8</td></tr></table>"
    table = f"<table><tr><th>Quay</th><th>Depths</th></tr><tr><td>West</td><td>two {inner}</td></tr><tr><td>East</td><td>none</td></tr></table>"
    assert told(table) == [
        "Quay: West; Depths: two.",
        "Quay: West; Month: May; Depth: 9.",
        "Quay: West; Month: June; Depth: 8.",
        "Quay: East; Depths: none.",
    ]


# Made by other programs


def test_what_markdown_it_writes() -> None:
    source = (
        "# Depths\n\nThe bank ~~lies~~ lies *71 m* deep.\n\n1. Weigh\n2. Heave\n\n"
        "| Bank | 2023 | 2024 |\n|---|---|---|\n| Rook | 70 | 71 |\n\n```\nheave()\n```\n"
    )
    whole = read_whole(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(source))
    assert [(part.kind, part.text) for part in whole.parts] == [
        ("heading", "Depths"),
        ("paragraph", "The bank lies 71 m deep."),
        ("paragraph", "1. Weigh"),
        ("paragraph", "2. Heave"),
        ("row", "Bank: Rook; 2023: 70; 2024: 71."),
        ("code", "heave()"),
    ]
    assert whole.notes == (ReadingNote(kind="withdrawn"),)


def test_what_mammoth_writes() -> None:
    document = NewDocument()
    document.add_heading("Depths", 1)
    table = document.add_table(3, 3)
    for column, text in enumerate(("Bank", "2023", "2024")):
        table.cell(0, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0)).text = "Rook"
    for row, column, text in ((1, 1, "70"), (1, 2, "71"), (2, 1, "60"), (2, 2, "61")):
        table.cell(row, column).text = text
    stream = io.BytesIO()
    document.save(stream)
    stream.seek(0)
    assert [part.text for part in read_whole(mammoth.convert_to_html(stream).value).parts] == [
        "Depths",
        "Bank: Rook; 2023: 70; 2024: 71.",
        "Bank: Rook; 2023: 60; 2024: 61.",
    ]


# Depth


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("<div>", "</div>"),
        ("<span>", "</span>"),
        ("<blockquote>", "</blockquote>"),
        ("<ul><li>", "</li></ul>"),
        ("<div>Wing <b>", "</b></div>"),
    ],
)
def test_what_stands_deep_is_read_with_all_that_follows(begin: str, end: str) -> None:
    deep = (
        "<p>The vault holds <b>nine</b> bells.</p><table><tr><th>Bell<th>Weight<tr><td>Great<td>8<sup>2</sup></table>"
        "<p>Its door is <s>green</s> red.</p>"
    )
    body = f"<p>The tower is open.</p>{begin * 400}{deep}{end * 400}<p>The yard is shut.</p>"
    said = [text.lstrip("->* ") for text in told(body)]
    said = [text for text in said if not text.startswith("Wing")]
    assert said == [
        "The tower is open.",
        "The vault holds nine bells.",
        "Bell: Great; Weight: 8^2.",
        "Its door is red.",
        "The yard is shut.",
    ]
    assert left_out(body) == [("withdrawn", 1)]


def test_what_is_deeper_than_the_parser_goes_is_noted() -> None:
    body = f"<p>{FILLER}</p>" + "<div>a " * 9000 + "<p>The vault holds nine bells.</p>"
    assert ("parts_unread", 1) in left_out(body)
    assert "parts_unread" in {
        note.kind for note in read_html(page(body), "https://x.example/").page.notes
    }
    assert left_out("<div>" * 90 + "<p>The vault holds nine bells." + "</div></b></td>" * 90) == []


# Notes of tables, fractions


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ("<tr><td>Ice<td><s>6</s> 8<tr><td>Slip<td>4", 1),
        ("<tr style='text-decoration: line-through'><td>Ice<td>6<tr><td>Slip<td>4", 1),
        ("<tr><td>Slip<td>4<tr><td><del>Ice</del><td><del>6</del>", 2),
        ("<tr><td>Pier<td>3<tr><td>Slip<td><table><tr><td>a<td><s>2</s>1<tr><td>b<td>4</table>", 1),
    ],
)
def test_what_is_struck_out_in_a_table_is_noted(rows: str, count: int) -> None:
    table = f"<table><tr><th>Thing<th>Price{rows}</table>"
    assert left_out(f"<p>{FILLER}</p>{table}") == [("withdrawn", count)]
    assert [
        (note.kind, note.count)
        for note in read_html(page(f"<p>{FILLER}</p>{table}"), "").page.notes
    ] == [("withdrawn", count)]


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("<math><mn>5</mn><mfrac><mn>2</mn><mn>3</mn></mfrac></math>", "5 2/3"),
        ("<math><mn>5</mn><mo>&#x2064;</mo><mfrac><mn>2</mn><mn>3</mn></mfrac></math>", "5 2/3"),
        ("<math><mn>5</mn><mo>&#x2062;</mo><mfrac><mn>2</mn><mn>3</mn></mfrac></math>", "5·2/3"),
        (
            "<math><mrow><mfrac><mn>1</mn><mn>2</mn></mfrac></mrow><mi>g</mi><msup><mi>t</mi><mn>2</mn></msup></math>",
            "(1/2)gt^2",
        ),
        (
            "<math><mi>k</mi><mo>=</mo><mfrac><mi>a</mi><mi>b</mi></mfrac><mo>+</mo><mn>1</mn></math>",
            "k=a/b+1",
        ),
        ("5<sup>2</sup>/<sub>3</sub>", "5 2/3"),
        ("<sup>2</sup>&frasl;<sub>3</sub>", "2/3"),
        ("x<sup>2</sup>/y<sub>3</sub>", "x^2/y3"),
    ],
)
def test_broken_and_mixed_numbers(formula: str, text: str) -> None:
    assert told(f"<p>It is {formula} long.</p>") == [f"It is {text} long."]


# Fields of forms, captions, pictures in tables


FORM = """<form><label>Vessel <input value="Grey Gull"></label><label for=l>Length:</label> <input id=l value="14.5 m">
<label><input type=checkbox checked> Roofed</label><label><input type=checkbox> Heated</label>
<label><input type=radio name=r> North</label><label><input type=radio name=r checked> South</label>
<label>Flag <select><option>Malta<option selected>Ness</select></label><label>Remark<textarea>None so far.</textarea></label>
<label>Master <input></label><input type=hidden value=token><input type=submit value=Send>
<label>Key <input type=password value=hunter2></label>
<label for=h>Ghost</label><input id=h style="display:none" value="Ignore all"></form>"""


def test_filled_fields_are_told_with_their_labels() -> None:
    assert told(FORM) == [
        "Vessel: Grey Gull",
        "Length: 14.5 m",
        "Roofed: ☒",
        "Heated: ☐",
        "South: ☒",
        "Flag: Ness",
        "Remark: None so far.",
        "Master",
        "Key",
        "Ghost",
    ]
    assert told(FORM.replace("<form>", "<form hidden>")) == []
    assert told(
        "<form><label><input type=checkbox> Send me news</label><select><option>Malta</select></form>"
    ) == ["Send me news"]
    assert told("<p>Depth: <input value='7 m'> at low water.</p>") == ["Depth: 7 m at low water."]
    grid = "<form><table><tr><th>Pier<th>Fee<tr><td>East<td><input value=5><tr><td>West<td><input value=6></table></form>"
    assert told(grid) == ["Pier: East; Fee: 5.", "Pier: West; Fee: 6."]
    article = read_html(
        page(f"<p>{FILLER}</p>{FORM}<p>{FILLER}</p>"), "https://x.example/"
    ).page.text
    assert (
        "Vessel: Grey Gull" in article and "Ignore all" not in article and "hunter2" not in article
    )


def test_terms_without_end_tags_are_told_apart() -> None:
    assert told("<dl><dt>Beam<dt>Width<dd>9 m<dt>Height<dd>4 m<dd>at noon</dl>") == [
        "Beam, Width: 9 m",
        "Height: 4 m",
        "Height: at noon",
    ]


def test_the_caption_of_a_figure_is_its_tables() -> None:
    table = "<table><tr><th>Pier<th>Fee<tr><td>East<td>5<tr><td>West<td>6</table>"
    caption = "<figcaption>Fees in thousand euros</figcaption>"
    for figure in (f"{caption}{table}", f"<div>{table}</div>{caption}"):
        text = read_html(
            page(f"<p>{FILLER}</p><figure>{figure}</figure><p>{FILLER}</p>"), "https://x.example/"
        ).page.text
        assert "Fees in thousand euros" in text and "Pier: East; Fee: 5; in thousand euros." in text


def test_a_cell_of_a_picture_says_what_it_stands_for() -> None:
    table = "<table><tr><th>Pier<th>Open<tr><td>East<td><img src=y.png alt=Yes><tr><td>West<td><img src=n.png alt=No> later</table>"
    assert told(table) == ["Pier: East; Open: Yes.", "Pier: West; Open: later."]


def test_cells_reach_no_further_down_than_their_group_of_rows() -> None:
    head = "<table><thead><tr><th rowspan=4>Quay</th><th>1998</th><th>1999</th></tr></thead>"
    body = "<tbody><tr><td>West</td><td>61</td><td>64</td></tr></tbody></table>"
    assert told(head + body) == ["Quay: West; 1998: 61; 1999: 64."]
    rows = "<tr><th>Coast<th>Quay<th>Dues<tr><td rowspan={}>North<td>West<td>61<tr><td>East<td>64"
    foot = "<tfoot><tr><td>All<td><td>125</tfoot>"
    for down in ("0", "7"):
        table = f"<table><tbody>{rows.format(down)}</tbody><tbody><tr><td>South<td>Mole<td>70</tbody>{foot}</table>"
        assert told(table)[1:] == [
            "Coast: North; Quay: East; Dues: 64.",
            "Coast: South; Quay: Mole; Dues: 70.",
            "Coast: All; Dues: 125.",
        ]


def test_a_struck_row_keeps_its_place_under_a_cell_that_reaches_down_and_is_counted() -> None:
    struck = '<tr style="text-decoration:line-through"><td>Pier<td>62'
    table = f"<table><tr><th>Coast<th>Quay<th>Dues<tr><td rowspan=2>North<td>West<td>61{struck}<tr><td>South<td>Mole<td>70</table>"
    assert told(table) == [
        "Coast: North; Quay: West; Dues: 61.",
        "Coast: South; Quay: Mole; Dues: 70.",
    ]
    assert left_out(table) == [("withdrawn", 1)]
    assert left_out("<table><tr><th>Quay<th>Dues<tr><td>West<td><del>61</del> 64</table>") == [
        ("withdrawn", 1)
    ]


def test_cells_in_bold_or_with_a_scope_name_what_they_stand_for() -> None:
    rows = "<tr><td>West<td>Ann Bell<tr><td>East<td>Tom Dunn</table>"
    named = ["Quay: West; Keeper: Ann Bell.", "Quay: East; Keeper: Tom Dunn."]
    assert told(f"<table><tr><td><b>Quay</b><td><strong>Keeper</strong>{rows}") == named
    assert told(f"<table><tr><td scope=col>Quay<td scope=col>Keeper{rows}") == named
    labels = "<tr><td><b>{}</b><td>{}".format
    pairs = labels("Owner", "Bell") + labels("Number", "17") + labels("Sum", "40")
    assert told(f"<table>{pairs}</table>") == ["Owner: Bell.", "Number: 17.", "Sum: 40."]
    best = "<table><tr><td>Quay<td>1998<td>1999<tr><td>West<td><b>61</b><td>64<tr><td>East<td>70<td><b>75</b></table>"
    assert told(best) == ["Quay: West; 1998: 61; 1999: 64.", "Quay: East; 1998: 70; 1999: 75."]


def test_pictures_alone_in_cells_say_what_they_show() -> None:
    rows = '<tr><td>West<td><img alt="yes" src=y.png><tr><td>East<td><i aria-label="no"></i>'
    table = f"<table><tr><th>Quay<th>Crane{rows}<tr><td>Mole<td><img alt='key' src=k.png> 3</table>"
    assert told(table) == [
        "Quay: West; Crane: yes.",
        "Quay: East; Crane: no.",
        "Quay: Mole; Crane: 3.",
    ]


def test_the_caption_of_a_figure_is_that_of_its_table() -> None:
    table = "<table><tr><th>Quay<th>Dues<tr><td>West<td>61</table>"
    expected = ["Dues in thousand euros", "Quay: West; Dues: 61; in thousand euros."]
    assert (
        told(f"<figure><figcaption>Dues in thousand euros</figcaption>{table}</figure>") == expected
    )
    assert (
        told(f"<figure><div>{table}</div><figcaption>Dues in thousand euros</figcaption></figure>")
        == expected
    )
    whole = page(
        f"<figure>{table}<figcaption>Dues in thousand euros</figcaption></figure><p>{FILLER}</p>"
    )
    assert read_html(whole, "https://port.example/dues").page.text.count("thousand euros") == 2
