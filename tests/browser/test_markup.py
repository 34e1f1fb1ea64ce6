"""Markdown, reStructuredText and plain text as people write them for documentation: one statement is one sentence, code stays
code, marks of layout are no text, and a document has the title that its author meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browser.documents.reading import read_document
from browser.markup.plain import parts_of_plain
from browser.markup.restructured import html_of_restructured
from research.types import PageText


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
    assert "```\nif wet:\n    dry()\n```" in listed.text and "```\ngauge --read\ngauge --stop\n```" in listed.text
    assert said(listed) == ["Run this:", "if wet:", "dry()", "Then:", "gauge --read", "gauge --stop", "It is done."]


@given(st.text(alphabet="ab .:`*_|+-=~<>\\\n\t>[]#", max_size=200))
def test_any_text_can_be_read_as_restructured_or_plain(text: str) -> None:
    html_of_restructured(text)
    parts_of_plain(text)


def test_a_name_at_the_start_of_a_paragraph_is_no_number_of_a_list() -> None:
    assert said(read("A. Keeper wrote it\ndown. It was late.\n", "a.rst")) == ["A. Keeper wrote it down.", "It was late."]


def test_marks_of_documentation_generators_are_no_text() -> None:
    page = read(
        "---\nsidebar_position: 3\ntitle: 'Tide gauges'\n---\nimport Tabs from '@theme/Tabs';\n\n<Tabs>\n\n:::tip Dry it\n:class: x\n\n"
        "A gauge is read&mdash;see {py:class}`~Gauge` and {doc}`the log <log>`\nonce a day.\n\n:::\n\n"
        "</Tabs>\n\n### Constructor\n\nIt takes a place.\n\n"
        ":::{toctree}\n:maxdepth: 2\nhowto/one\n:::\n\n```{note}\nIt is slow.\n```\n\nDepth\n-----\n\nNine metres.\n",
        "gauges.mdx",
    )
    assert page.title == "Tide gauges"
    assert said(page) == ["Dry it", "A gauge is read—see Gauge and the log once a day.", "It takes a place.", "It is slow.", "Nine metres."]
    assert [name for _, name in page.sections] == ["Constructor", "Depth"]


@pytest.mark.parametrize(
    ("text", "name", "title"),
    [
        ("## Constructor\n\nOne.\n\n## Methods\n\nTwo.\n", "tide-gauge_api.md", "Tide gauge api"),
        ("---\ntitle: Gauges\n---\n# Old ways\n\nOne.\n\n# New ways\n\nTwo.\n", "a.md", "Gauges"),
        ("---\ntitle: Gauges\n---\n# All about gauges\n\nOne.\n", "a.md", "All about gauges"),
        ("---\r\ntags: x\r\n---\r\n### Base URL\r\n\r\nOne.\r\n\r\n### Paths\r\n\r\nTwo.\r\n", "conductor-api.md", "Conductor api"),
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
