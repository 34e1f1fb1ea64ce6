"""Hostile bytes are told and read in time that grows with their length: an input that takes a
quadratic or an exponential reader minutes takes seconds at most."""

import asyncio
import io
import time
import zipfile

import pytest

from browser.documents.kinds import media_type_of
from browser.documents.parsers import Parsers
from browser.documents.reading import read_document
from browser.net.fetch import Fetched
from research.errors import ReadingError
from research.text.sentences import sentence_spans

CPU_SECONDS = 20.0  # of this process; what is tried takes far less, and took minutes

PROLOGUES = {
    "comments": b"<!-- a -->\n" * 5_000 + b"<",
    "instructions": b"<?a b?>\n" * 8_000 + b"<?",
    "mixed": b"<?xml a?>" + b"<!---->  <?b?> " * 4_000 + b"<!",
    "types": b"<!DOCTYPE a [ b ] >\n" * 3_000 + b"<!DOCTYPE [",
    "spaces": b" " * 60_000 + b"\n" * 5_000 + b"<!--",
    "an open comment": b"<!-- -->" * 300 + b"<!--" * 16_000,
    "fields": b"A: b\n c\n" * 8_000 + b"x",
    "a mailbox of digits": b"From a@b.example " + b"1" * 65_000 + b"\nx",
}


@pytest.mark.parametrize("raw", PROLOGUES.values(), ids=PROLOGUES)
@pytest.mark.parametrize("name", ["page", "page.xml", "page.html", "page.txt", "page.eml"])
def test_what_bytes_are_is_told_at_once(raw: bytes, name: str) -> None:
    started = time.process_time()
    assert media_type_of(raw, name, "text/html")
    assert time.process_time() - started < CPU_SECONDS


def test_a_document_behind_a_long_prologue_is_still_told() -> None:
    prologue = b"\xef\xbb\xbf<?xml version='1.0'?>\n" + b"<!-- a licence -->\n" * 1_000
    assert media_type_of(prologue + b"<!DOCTYPE html><p>x", "x") == "text/html"
    assert media_type_of(prologue + b"<a:rss xmlns:a='b'><channel/></a:rss>", "x") == (
        "application/rss+xml"
    )
    assert media_type_of(prologue + b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>", "x") == (
        "image/svg+xml"
    )
    assert media_type_of(prologue + b"<records/>", "x") == "application/xml"


def test_a_notebook_is_told_by_its_mark_at_either_end() -> None:
    cells = b'"cells": [' + b'{"cell_type": "raw", "source": "Tide."},' * 5_000
    cells = cells.rstrip(b",") + b"]"
    assert media_type_of(b'{"nbformat": 4, ' + cells + b"}", "x") == "application/x-ipynb+json"
    assert media_type_of(b"{" + cells + b', "nbformat": 4}', "x") == "application/x-ipynb+json"
    listed = b'[{"nbformat": 4, "title": "A list of notebooks"}]'
    assert media_type_of(listed, "x.json") == "application/json"


def test_an_object_that_only_tells_of_notebooks_is_read_as_what_it_is() -> None:
    raw = b'{"title": "Formats", "versions": [{"nbformat": 4, "year": 2015}]}'
    page = read_document(raw, name="formats.json", url="file:formats.json").page
    assert page.title == "Formats"
    assert "nbformat: 4" in page.text and "year: 2015" in page.text


def test_an_archive_that_says_what_it_is_at_great_length_is_not_unpacked() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", b"application/epub+zip" + b" " * 300_000_000)
    started = time.process_time()
    assert media_type_of(stream.getvalue(), "x") == "application/epub+zip"
    assert time.process_time() - started < 1.0


TEXTS = {
    "days of months": b"3. Adar 4. Elul " * 30_000,
    "numbers": b"Am 3. Tag des 2. Jahres und am 4. Tag. " * 12_000,
    "small letters": b"He said no. and then yes. " * 20_000,
    "abbreviations": b"See no. 5 vs. Fig. 6 cf. 7. " * 20_000,
    "headings": b"Title\n=====\n" * 40_000 + b"The sea rises.",
    "one paragraph": "潮位計は海面の高さを毎時記録している。海面は上がる,\n".encode() * 12_000,
    "rules": b"- | : " * 100_000 + b"x",
    "spaces": b"x" + b" " * 400_000 + b"x",
    "commas before a day": b"A title\n\n" + b"," * 400_000 + b" 2 October 2023",
    "open scripts": b"\xff" + b"<script " * 120_000,
    "open comments": b"\xff" + b"<!--" * 200_000,
    "open attributes": b"\xff" + b"<meta a=\"b' " * 80_000,
    "one line of ASCII": b"\xff\n" + b"the sea rises " * 60_000,
}


@pytest.mark.parametrize("raw", TEXTS.values(), ids=TEXTS)
def test_plain_text_is_read_in_linear_time(raw: bytes) -> None:
    started = time.process_time()
    page = read_document(raw, name="notes.txt", url="file:notes.txt", media_type="text/plain").page
    assert page.text
    assert time.process_time() - started < CPU_SECONDS


PARAGRAPH = "<p>a<b>x</b>" + "<i>y</i>" * 60_000 + "</p>"
SOURCES = {
    "conditions.tex": r"\iftrue " * 60_000 + "The sea rises." + r"\fi " * 60_000,
    "switches.tex": "".join(rf"\newif\ifs{'a' * (n % 9)}x \ifother " for n in range(20_000)),
    "code.tex": r"\begin{verbatim}" * 40_000,
    "tables.tex": r"\begin{tabular}{l}" * 10_000,
    "struck.tex": r"\sout{a " * 20_000,
    "mixed.xml": f"<book>{PARAGRAPH}</book>",
    "cells.xml": "<Workbook><Row>" + '<Cell Index="9999">a</Cell>' * 20_000 + "</Row></Workbook>",
}


@pytest.mark.parametrize("name", SOURCES)
def test_sources_of_documents_are_read_in_linear_time(name: str) -> None:
    started = time.process_time()
    try:
        read_document(SOURCES[name].encode(), name=name, url=f"file:{name}")
    except ReadingError as error:
        assert error.kind == "empty"
    assert time.process_time() - started < CPU_SECONDS


STYLES = {
    "no braces": "a" * 600_000,
    "open rules": ".a{" * 200_000,
    "open comments": "/*" * 300_000,
    "rules with @": "@a " * 200_000,
    "open rules with @": "@media x{.b{}" * 50_000,
}


@pytest.mark.parametrize("css", STYLES.values(), ids=STYLES)
def test_the_styles_of_a_page_are_read_in_linear_time(css: str) -> None:
    raw = f"<style>{css}</style><style>.x{{display:none}}</style><p class=x>Menu<p>The sea rises."
    started = time.process_time()
    page = read_document(raw.encode(), name="a.html", url="http://a.example/").page
    assert page.text == "The sea rises."
    assert time.process_time() - started < CPU_SECONDS


def test_a_rule_behind_an_import_or_an_address_with_a_density_counts() -> None:
    css = "@import url(a.css);.x{display:none}.y{background:url(b@2x.png)}.z{DISPLAY:None}"
    raw = f"<style>{css}</style><p class=x>Menu<p class=y>The sea rises.<p class=z>Footer"
    page = read_document(raw.encode(), name="a.html", url="http://a.example/").page
    assert page.text == "The sea rises."


def test_lines_of_dashes_and_spaces_are_no_sentences_and_take_no_time() -> None:
    started = time.process_time()
    assert sentence_spans(" " * 20_000 + "The sea rises.") == ((20_000, 20_014),)
    assert sentence_spans("| -- " * 4_000) == ()
    assert time.process_time() - started < CPU_SECONDS


async def test_the_loop_turns_while_long_text_is_read() -> None:
    """Long plain text goes to a process, where it is given up after its time."""
    parsers = Parsers(1, seconds=0.05)
    turns = 0

    async def turning() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    beside = asyncio.create_task(turning())
    body = b"Am 3. Tag des 2. Jahres stieg die See. " * 60_000
    try:
        with pytest.raises(ReadingError) as failed:
            await parsers.parse(Fetched("http://x.example/a", body, "text/plain", None), name="a")
    finally:
        beside.cancel()
        parsers.close()
    assert failed.value.kind == "timeout"
    assert turns > 3
