"""Markdown, reStructuredText and plain text as people write them for documentation: one statement
is one sentence, code stays code, marks of layout are no text, and a document has the title that its
author meant."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browser.documents.reading import read_document
from browser.markup.plain import parts_of_plain
from browser.markup.restructured import html_of_restructured
from research.domain import PageText


def read(text: str, name: str) -> PageText:
    return read_document(text.encode(), name=name, url=f"library://notes/{name}").page


def said(page: PageText) -> list[str]:
    return [page.text[start:end] for start, end in page.sentences]


TIDES = """.. _tides:

==========
 The tides
==========

.. contents::
    :local:

.. setting:: tide_limit

``tide_limit``
--------------

Default: :const:`None`. The gauge is read
by :class:`~harbour.gauges.Reader`, see
:ref:`the gauges <gauges>` and `the log`_.

.. note::

    A gauge that is *wet* must be dried
    before it is read.

.. versionchanged:: 2.1
    The limit may be a **float**.

.. code-block:: python

    reader = Reader()

    # reads once
    reader.read(limit=3)

It prints this::

    depth 3
    depth 4

.. a comment
   of two lines

* ``range``

    How far the water
    goes.

* Two tides
  a day.

term
    What it means
    here.

.. method:: Reader.read(limit)

    Read the gauge.

Neap tides
~~~~~~~~~~

======  ==========
Port    Range
======  ==========
Brest   ``7.1`` m
Cork    3.6 m, and
        more in May
======  ==========

+--------+-----------+
| Moon   | Tide      |
+========+===========+
| full   | spring    |
+--------+-----------+
| half   | neap,     |
|        | weak      |
+--------+-----------+

.. list-table::
   :header-rows: 1

   * - Gauge
     - Place
   * - A
     - North quay

.. _the log: https://harbour.example/log
"""


def test_restructured_text() -> None:
    page = read(TIDES, "tides.rst")
    assert page.title == "The tides" and page.media_type == "text/x-rst"
    assert [name for _, name in page.sections] == ["The tides", "tide_limit", "Neap tides"]
    assert "# The tides\n\n## tide_limit\n\n" in page.text and "\n\n### Neap tides\n\n" in page.text
    assert said(page) == [
        "Default: None.",
        "The gauge is read by Reader, see the gauges and the log.",
        "A gauge that is wet must be dried before it is read.",
        "Changed in version 2.1: The limit may be a float.",
        "reader = Reader()",
        "# reads once",
        "reader.read(limit=3)",
        "It prints this:",
        "depth 3",
        "depth 4",
        "range: How far the water goes.",
        "Two tides a day.",
        "term: What it means here.",
        "Reader.read(limit): Read the gauge.",
        "Port: Brest; Range: 7.1 m.",
        "Port: Cork; Range: 3.6 m, and more in May.",
        "Moon: full; Tide: spring.",
        "Moon: half; Tide: neap, weak.",
        "Gauge: A; Place: North quay.",
    ]


def test_code_keeps_its_lines() -> None:
    page = read(TIDES, "tides.rst")
    assert "```\nreader = Reader()\n\n# reads once\nreader.read(limit=3)\n```" in page.text
    listed = read(
        "# T\n\nRun this:\n\n```python\nif wet:\n    dry()\n```\n\nThen:\n\n    gauge --read\n    gauge --stop\n\nIt is done.\n",
        "a.md",
    )
    assert (
        "```\nif wet:\n    dry()\n```" in listed.text
        and "```\ngauge --read\ngauge --stop\n```" in listed.text
    )
    assert said(listed) == [
        "Run this:",
        "if wet:",
        "dry()",
        "Then:",
        "gauge --read",
        "gauge --stop",
        "It is done.",
    ]


@given(st.text(alphabet="ab .:`*_|+-=~<>\\\n\t>[]#", max_size=200))
def test_any_text_can_be_read_as_restructured_or_plain(text: str) -> None:
    html_of_restructured(text)
    parts_of_plain(text)


def test_a_name_at_the_start_of_a_paragraph_is_no_number_of_a_list() -> None:
    assert said(read("A. Keeper wrote it\ndown. It was late.\n", "a.rst")) == [
        "A. Keeper wrote it down.",
        "It was late.",
    ]


def test_marks_of_documentation_generators_are_no_text() -> None:
    page = read(
        "---\nsidebar_position: 3\ntitle: 'Tide gauges'\n---\nimport Tabs from '@theme/Tabs';\n\n<Tabs>\n\n:::tip Dry it\n:class: x\n\n"
        "A gauge is read&mdash;see {py:class}`~Gauge` and {doc}`the log <log>`\nonce a day.\n\n:::\n\n"
        "</Tabs>\n\n### Constructor\n\nIt takes a place.\n\n"
        ":::{toctree}\n:maxdepth: 2\nhowto/one\n:::\n\n```{note}\nIt is slow.\n```\n\nDepth\n-----\n\nNine metres.\n",
        "gauges.mdx",
    )
    assert page.title == "Tide gauges"
    assert said(page) == [
        "Dry it",
        "A gauge is read—see Gauge and the log once a day.",
        "It takes a place.",
        "It is slow.",
        "Nine metres.",
    ]
    assert [name for _, name in page.sections] == ["Constructor", "Depth"]


def test_what_the_head_of_a_document_says_of_it_is_its_first_sentence() -> None:
    head = "---\nnumber: 12\ntitle: 'Tide gauges'\nstatus: Draft\nreplaces: 7, *8*\ndate: 2024-05-07\n---\n"
    told = "number: 12; status: Draft; replaces: 7, *8*."
    for body in ("\n## Why\n\nIt is slow.\n", "# Tide gauges\n\nIt is slow.\n"):
        page = read(head + body, "gauges.md")
        assert (page.title, page.published_at) == ("Tide gauges", "2024-05-07")
        assert said(page) == [told, "It is slow."]


@pytest.mark.parametrize(
    ("text", "name", "title"),
    [
        ("## Constructor\n\nOne.\n\n## Methods\n\nTwo.\n", "tide-gauge_api.md", "Tide gauge api"),
        ("---\ntitle: Gauges\n---\n# Old ways\n\nOne.\n\n# New ways\n\nTwo.\n", "a.md", "Gauges"),
        ("---\ntitle: Gauges\n---\n# All about gauges\n\nOne.\n", "a.md", "All about gauges"),
        (
            "---\r\ntags: x\r\n---\r\n### Base URL\r\n\r\nOne.\r\n\r\n### Paths\r\n\r\nTwo.\r\n",
            "conductor-api.md",
            "Conductor api",
        ),
        ("## The only one\n\nOne.\n\n### Below\n\nTwo.\n", "a.md", "The only one"),
        ("Only words.\n", "tide_tables.txt", "Tide tables"),
    ],
)
def test_the_title_is_that_of_the_whole_document(text: str, name: str, title: str) -> None:
    page = read(text, name)
    assert page.title == title
    assert "title:" not in page.text and "tags" not in page.text


def test_plain_text_is_unwrapped_but_lists_and_logs_are_not() -> None:
    page = read(
        "Harbour rules\n=============\n\nNobody may moor at the north quay while the dredger is there, and\nthe master says\n"
        "when it has gone. It goes at noon.\n\n- no nets on the quay at any hour of the day or the night\n- no fires\n\n"
        "2026-01-02 10:00:00 the gate was opened by the master of the harbour\n"
        "2026-01-02 11:00:00 the gate was shut by the master of the harbour\n",
        "rules.txt",
    )
    assert page.title == "Harbour rules"
    assert said(page)[:2] == [
        "Nobody may moor at the north quay while the dredger is there, and the master says when it has gone.",
        "It goes at noon.",
    ]
    assert len(said(page)) == 6


ROWS = ["Bank: Rook; 2023: 70; 2024: 71.", "Bank: Crow; 2023: 47; 2024: 48."]


@pytest.mark.parametrize(
    "table",
    [
        "| Bank | 2023 | 2024 |\n|---|--:|:-:|\n| Rook | 70 | 71 |\n| Crow | 47 | 48 |\n",
        "Bank | 2023 | 2024  \n---|---|---  \nRook | 70 | 71  \nCrow | 47 | 48  \n",
        "Bank|2023|2024\n-|-|-\nRook|70|71\nCrow|47|48\n",
        "| Bank | 2023 | 2024 |\n|---|---|\n| Rook | 70 | 71 |\n| Crow | 47 | 48 |\n",
        "| Bank | 2023 | 2024 |\n| Rook | 70 | 71 |\n| Crow | 47 | 48 |\n",
        "| Bank | 2023 | 2024 |\n\n| --- | --- | --- |\n\n| Rook | 70 | 71 |\n\n| Crow | 47 | 48 |\n",
        "The depths:\n| Bank | 2023 | 2024 |\n|---|---|---|\n| **Rook** | 70 | 71 |\n"
        "| [Crow](http://x.example) | ~~46~~ 47 | 48 |\nWords follow.\n",
        "- In a list:\n\n  | Bank | 2023 | 2024 |\n  |---|---|---|\n  | Rook | 70 | 71 |\n  | Crow | 47 | 48 |\n",
        "> | Bank | 2023 | 2024 |\n> |---|---|---|\n> | Rook | 70 | 71 |\n> | Crow | 47 | 48 |\n",
        "+------+------+------+\n| Bank | 2023 | 2024 |\n+======+======+======+\n| Rook | 70   | 71   |\n+------+------+------+\n"
        "| Crow | 47   | 48   |\n+------+------+------+\n",
        "Bank     2023   2024\n-----    ----   ----\nRook       70     71\nCrow       47     48\n",
        "<table>\n\n    <tr>\n        <th>Bank</th><th>2023</th><th>2024</th>\n    </tr>\n"
        "\n    <tr><td>Rook</td><td>70</td><td>71</td></tr>\n"
        "\n    <tr><td>Crow</td><td>47</td><td>48</td></tr>\n</table>\n",
    ],
)
def test_a_table_in_every_spelling(table: str) -> None:
    assert [
        line
        for line in said(read(f"# Depths\n\n{table}\nAfter.\n", "a.md"))
        if line.startswith("Bank:")
    ] == ROWS


def test_pipes_within_code_and_links_part_no_cells() -> None:
    page = read(
        "| Name | Note | Cost |\n|---|---|---|\n| [[e/rook|Rook]] | dry | 2 |\n| `a|b` | wet | 3 |\n| Crow | x \\| y | 4 |\n",
        "a.md",
    )
    assert said(page) == [
        "Name: Rook; Note: dry; Cost: 2.",
        "Name: a|b; Note: wet; Cost: 3.",
        "Name: Crow; Note: x | y; Cost: 4.",
    ]
    longer = read("| Name | Depth |\n|---|---|\n| Rook | 71 | 2024 |\n", "a.md")
    assert said(longer) == ["Name: Rook; Depth: 71; 2024."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The fee is ~~80~~ 70 euros and ~gone~.", ["The fee is 70 euros and ."]),
        ("It is ~5 m, or ~6 m; 1~2米，3~5米。", ["It is ~5 m, or ~6 m; 1~2米，3~5米。"]),
        ("H~2~O fills 10^3^ m, not x^2+y^2.", ["H2O fills 10^3 m, not x^2+y^2."]),
        (
            "It was 71 m.[^1] Then 70.[^x]\n\n[^1]: Corrected in\n    1950.\n[^u]: Never called.",
            ["It was 71 m.", "Then 70.", "Corrected in 1950.", "Never called."],
        ),
        ("Depth\n: 14.5 m\n", ["Depth: 14.5 m"]),
        (
            "It holds that $a_1 * b_2 * c$ costs $5 or $6.",
            ["It holds that $a_1 * b_2 * c$ costs $5 or $6."],
        ),
        (
            "A sentence that no rule makes a heading.\n---\n\nMore.",
            ["A sentence that no rule makes a heading.", "More."],
        ),
        ("> [!NOTE]\n> Dry it.\n\n!!! warning\n    It is wet.", ["Dry it.", "It is wet."]),
        ("这条沟\n深七十一米。", ["这条沟深七十一米。"]),
        ("这是**「重要」**的，**深度：**七十一米。", ["这是「重要」的，深度：七十一米。"]),
        (
            "See [the *log*](http://x.example/a_(b)), [[Place|the place]] and [ref][r].\n\n[r]: http://z.example",
            ["See the log, the place and ref."],
        ),
        ("Text <!-- hidden --> more &mdash; 5 &lt; 6.", ["Text more — 5 < 6."]),
        (
            "<details>\n<summary>More</summary>\n\nA **bold** word.\n\n</details>",
            ["More", "A bold word."],
        ),
    ],
)
def test_markdown_of_every_dialect(text: str, expected: list[str]) -> None:
    assert said(read(f"{text}\n", "a.md")) == expected


def test_withdrawn_text_is_noted_and_front_matter_gives_facts() -> None:
    page = read(
        "---\ntitle: 'Rook: survey'\nauthor: A. Ines\ndate: 2024-05-02\n---\n\nIt is ~~69~~ 71 m deep.\n",
        "a.md",
    )
    assert (page.title, page.author, page.published_at) == ("Rook: survey", "A. Ines", "2024-05-02")
    assert [(note.kind, note.count) for note in page.notes] == [("withdrawn", 1)]


def test_the_marks_of_editors() -> None:
    page = read(
        "It is {--69--}{++71++} m, {~~about~>by~~} the survey{>>which?<<} {==of May==}. A {set} of {++two.",
        "a.md",
    )
    assert page.text == "It is 71 m, by the survey of May. A {set} of {++two."
    assert [(note.kind, note.count) for note in page.notes] == [("withdrawn", 2)]


def test_restructured_text_includes_nothing_and_loses_nothing() -> None:
    page = read(
        ".. include:: /etc/hostname\n\n.. raw:: html\n\n   <b>raw</b>\n\n.. csv-table::\n   :file: /etc/hostname\n\n"
        "=====  ====\nName   Depth\n=====  ====\nRook   71\nToo long a name  48\n=====  ====\n\n"
        ".. some-directive:: An argument\n   :option: x\n\n"
        "   What it holds :role:`of <x>` :del:`old` words [1]_ and |unknown| ones.\n\n.. [1] The note.\n",
        "a.rst",
    )
    assert "raw" not in page.text and "localhost" not in page.text
    assert "Too long a name  48" in page.text  # a table that is none is told as it is written
    assert {"An argument: What it holds of words and unknown ones.", "The note."} <= set(said(page))


def test_tex() -> None:
    page = read(
        r"""\documentclass{article} \title{Depth of the \emph{Rook} Bank} \author{A. Ines} \date{2 May 2024}
\begin{document} \maketitle
\section{Methods}\label{s:m}
The depth is \textbf{71}~m~\cite{x}, \SI{0.071}{\kilo\metre}, not \sout{69}, and $a < b_1$. % unseen
\begin{table}\caption{Depths.}
\begin{tabular}{l|rr}\hline Bank & \multicolumn{2}{c}{Depth} \\ & 2023 & 2024 \\ \hline Rook & 70 & 71 \\ \end{tabular}\end{table}
\begin{itemize}\item One. \item Two\footnote{A note.}.\end{itemize}
\begin{verbatim}
x & y \\ z
\end{verbatim}
\end{document}""",
        "a.tex",
    )
    assert (page.title, page.author, page.published_at) == (
        "Depth of the Rook Bank",
        "A. Ines",
        "2024-05-02",
    )
    assert said(page) == [
        "The depth is 71 m, 0.071 kilo metre, not , and $a < b_1$.",
        "Depths.",
        "Bank: Rook; Depth 2023: 70; Depth 2024: 71.",
        "One.",
        "Two (A note.).",
        "x & y \\\\ z",
    ]


TEX_TABLES = [
    (
        r"Coast & Bank & 2023 & 2024 \\ \hline \multirow{2}{*}{North} & Rook & 70 & 71 \\ & Crow & 47 & 48 \\ South & Tern & 11 & 12",
        [
            "Coast: North; Bank: Rook; 2023: 70; 2024: 71.",
            "Coast: North; Bank: Crow; 2023: 47; 2024: 48.",
            "Coast: South; Bank: Tern; 2023: 11; 2024: 12.",
        ],
    ),
    (  # names that reach down and across, cells with line ends in them, colours
        r"\multirow[c]{2}*{Bank} & \multicolumn{2}{|p{2cm}|}{\makecell{Depth\\(m)}} \\ \cline{2-3} & 2023 & 2024 \\ \hline"
        r"\rowcolor{gray} Rook & 70 & 71 \\ Crow & \multicolumn{2}{c}{closed} \\",
        [
            "Bank: Rook; Depth (m) 2023: 70; Depth (m) 2024: 71.",
            "Bank: Crow; Depth (m) 2023: closed; Depth (m) 2024: closed.",
        ],
    ),
    (  # a cell that reaches up, and one that something stands under
        r"Coast & Bank & Depth \\ \hline & Rook & 71 \\ \multirow{-2}{*}{North} & Crow & 48 \\"
        r"\multirow{2}{*}{South} & Tern & 12 \\ West & Gull & 9 \\",
        [
            "Coast: North; Bank: Rook; Depth: 71.",
            "Coast: North; Bank: Crow; Depth: 48.",
            "Coast: South; Bank: Tern; Depth: 12.",
            "Coast: West; Bank: Gull; Depth: 9.",
        ],
    ),
]


@pytest.mark.parametrize(("rows", "expected"), TEX_TABLES)
def test_cells_of_tex_that_reach_over_others(rows: str, expected: list[str]) -> None:
    assert said(read(rf"\begin{{tabular}}{{llrr}}{rows}\end{{tabular}}", "a.tex")) == expected


TEX_SOURCES = [
    (
        r"It is 71 m.\iffalse It was 69 m.\ifx a b\fi \else{} It is surveyed.\fi",
        ["It is 71 m.", "It is surveyed."],
        1,
    ),
    (
        r"\newif\ifold\ifold It was 69 m.\else It is 71 m.\fi \oldtrue\ifold{} Old.\fi",
        ["It is 71 m.", "Old."],
        1,
    ),
    (
        "It is 71 m.\n\\begin{comment}\nIt was 69 m.\n\\end{comment}\n\nDone.",
        ["It is 71 m.", "Done."],
        1,
    ),
    (
        r"\excludecomment{draft}It is 71 m. \begin{draft}It was 69 m.\end{draft} Done.",
        ["It is 71 m.", "Done."],
        1,
    ),
    (
        r"It is \replaced[id=A]{71}{69} m, \added{not} \deleted[id=B]{about} 70.",
        ["It is 71 m, not 70."],
        2,
    ),
    (
        r"\newcommand{\depth}{71}\def\bank#1{the #1 Bank}It is \depth\ m at \bank{Rook}, \depth{} in all.",
        ["It is 71 m at the Rook Bank, 71 in all."],
        0,
    ),
    (
        r"\newcommand*\span[2][2023]{from #1 to #2}Surveyed \span{2024}, \span[2020]{2021}.",
        ["Surveyed from 2023 to 2024, from 2020 to 2021."],
        0,
    ),
    (
        r"\newcommand{\old}[1]{\sout{#1}}It is \old{69} 71 m. \renewcommand{\sout}{}",
        ["It is 71 m."],
        1,
    ),
    (
        r"It weighs 10\textsuperscript{9} t of CO\textsubscript{2}\phantom{88}.",
        ["It weighs 10^9 t of CO2."],
        0,
    ),
    (r"\newcommand{\a}{b\a\a}\a c \a{", ["bc b"], 0),
]


@pytest.mark.parametrize(("text", "expected", "withdrawn"), TEX_SOURCES)
def test_tex_as_its_author_set_it(text: str, expected: list[str], withdrawn: int) -> None:
    page = read(rf"\begin{{document}}{text}\end{{document}}", "a.tex")
    assert said(page) == expected
    assert sum(note.count for note in page.notes if note.kind == "withdrawn") == withdrawn


def test_macros_that_grow_without_end_are_cut() -> None:
    names = "abcdefghijklmnop"
    grows = "".join(
        rf"\newcommand{{\m{name}}}{{{chr(92)}m{after}\m{after}\m{after}}}"
        for name, after in pairwise(names)
    )
    assert len(read(rf"{grows}\newcommand{{\mp}}{{lol}}It is \ma", "a.tex").text) < 1_000_000
    assert read("{~~" + "a~>" * 20_000, "a.md").text
    assert read(r"\newcommand{\x}[1]{#1}" + r"\x{" * 20_000 + " It is 71 m.", "a.tex").text


def test_a_name_that_stands_for_nothing_within_another_is_its_own_text() -> None:
    text = (
        "|mode| is |this|.\n\n.. |mode| replace:: Enable |br| mode\n\n.. |this| replace:: |mode|\n"
    )
    assert "Enable br mode is Enable br mode." in html_of_restructured(text)
