"""The report as Markdown: a pure function of its other fields.

Citations `[n]` stand at the end of their clause. A conclusion, a calculation or a computed figure
carries a raised letter; the section "How we got there" tells under that letter what it rests on.
Every text is escaped: no link, image, tag or citation comes out of one, and no markup but `code`
and **strong** words. The only links are the addresses of sources, the only images files of the job
itself.

Its outline stands in `report.md.jinja`. Not here: how a report is bound (`bind.py`), what is
escaped and how (`escaping.py`), how the viewer shows it (`api/viewer/templates/_report.html`).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from research.domain.report import (
    CitedEvidence,
    CitedInput,
    CitedQuote,
    Report,
    Section,
    Sentence,
    Table,
)
from research.reporting.basis import (
    MOST_CITED,
    Basis,
    bases_of,
    everything_said,
    key_of,
    quotes_in,
    raised,
    said_in,
    searched,
    value_shown,
    with_values,
)
from research.reporting.clauses import Citation, Piece, flow_of, laid_out
from research.reporting.disagreements import untold
from research.reporting.escaping import code, escape, opened, readable, strong
from research.reporting.inline import Code, Strong, Words, visible
from research.reporting.words import words_of

_Written = Piece | str  # a string is Markdown of our own


def render(report: Report) -> str:
    """The report as Markdown."""
    written = _TEMPLATE.render(
        report=report,
        words=words_of(report.language),
        bases=bases_of(report),
        disagreements=untold(report),
        translations=translations(report),
        remarked={said.remarked for said in everything_said(report)},
        log=searched(report),
    )
    parts = (part.strip("\n") for part in written.split("\n\n"))
    return "\n\n".join(filter(None, parts)) + "\n"


def sentences_of(section: Section) -> list[Sentence]:
    """The sentences of a section in reading order; a table's cells are none."""
    return list(said_in(*(block for block in section.blocks if not isinstance(block, Table))))


def translations(report: Report) -> list[CitedQuote]:
    """The quotes that carry a translation, each once, by the number of their source."""
    evidence = [one.evidence for one in everything_said(report)]
    evidence += [side.evidence for found in report.contradictions for side in found.sides]
    quotes = quotes_in(chain.from_iterable(evidence))
    found = {(quote.n, quote.quote): quote for quote in quotes if quote.translation}
    return [found[key] for key in sorted(found)]


def file_path(report_id: str, file_id: str) -> str:
    """Where a file of a job is served."""
    return f"/v1/research/{report_id}/files/{file_id}"


# What the template writes with


@pass_context
def _sentences(context: Context, sentences: Sequence[Sentence]) -> str:
    return " ".join(
        _said(context, said, opening=place == 0) for place, said in enumerate(sentences)
    )


@pass_context
def _cells(context: Context, row: Sequence[Sentence]) -> list[str]:
    """The cells of a row. A citation and a letter that the next cell ends with too are left to that
    one."""
    following: tuple[tuple[int, ...], _Written] = ((), "")
    shown: list[str] = []
    for pieces in (_pieces(context, cell) for cell in reversed(row)):
        numbers, mark = end = _end(pieces)
        if numbers and numbers == following[0]:
            del pieces[-2]
        if mark == following[1] and not isinstance(pieces[-2], Citation):
            pieces[-1] = ""
        following = end
        shown.insert(0, _inline(pieces, table=True))
    return shown


def _end(pieces: Sequence[_Written]) -> tuple[tuple[int, ...], _Written]:
    """The only citation of a text, where it stands at its end, and the letter behind it."""
    cited = [piece for piece in pieces if isinstance(piece, Citation)]
    is_last = len(cited) == 1 and pieces[-2] is cited[0]
    return cited[0].numbers if is_last else (), pieces[-1]


def _said(context: Context, said: Sentence, *, opening: bool) -> str:
    return _inline(_pieces(context, said), opening=opening)


def _pieces(context: Context, said: Sentence) -> list[_Written]:
    basis: Basis | None = context["bases"].get(key_of(said))
    flow = flow_of(said)
    if basis:
        flow = [left for piece in flow if (left := _untold(piece, basis.numbers))]
    remark = f" ({context['words'][f'is_{said.remarked}']})" if said.remarked else ""
    return _with_tail(flow, remark, basis.mark if basis else "")


def _untold(piece: Piece, told: Collection[int]) -> Piece | None:
    """A piece of a sentence with a letter: a row of numbers without those that are told under the
    letter, for what rests on nine sources is read more easily so."""
    if not isinstance(piece, Citation) or len(piece.numbers) <= MOST_CITED:
        return piece
    left = tuple(n for n in piece.numbers if n not in told)
    return replace(piece, numbers=left) if left else None


def _text(
    text: str,
    evidence: Sequence[CitedEvidence] = (),
    remark: str = "",
    *,
    opening: bool = False,
    table: bool = False,
) -> str:
    """A text that is no sentence, and what it rests on."""
    return _inline(_with_tail(laid_out(text, evidence), remark), opening=opening, table=table)


def _heading(text: str, level: int) -> str:
    """A heading; `#` at its end would close it."""
    shown = _text(text)
    if shown.endswith("#"):
        shown = f"{shown[:-1]}\\#"
    return f"{'#' * level} {shown}"


def _input(given: CitedInput) -> str:
    """A figure with its sources."""
    return f"{escape(given.value)} {_numbers(given.n)}"


def _numbers(numbers: Sequence[int]) -> str:
    return "".join(f"[{n}]" for n in numbers)


def _address(url: str) -> str:
    """An address a reader may follow as a link, any other as plain code."""
    followed = url.startswith(("http://", "https://")) and not set(url) & set("<> \t\r\n")
    return f"<{url}>" if followed else code(readable(url))


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


def _environment() -> Environment:
    environment = Environment(  # it writes Markdown: each text is escaped as it needs
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(file_path=file_path)
    environment.filters.update(
        address=_address,
        code=code,
        escaped=escape,
        heading=_heading,
        input=_input,
        lines=_lines,
        numbers=_numbers,
        raised=raised,
        cells=_cells,
        sentences=_sentences,
        text=_text,
        value_shown=value_shown,
        visible=visible,
        with_values=with_values,
    )
    return environment


_TEMPLATE = _environment().get_template("report.md.jinja")


# Pieces of a text


def _with_tail(pieces: Sequence[Piece], remark: str, mark: str = "") -> list[_Written]:
    """The pieces with what is said of the whole sentence: a remark before the citation that ends
    it, the letter of its basis after."""
    at = len(pieces) - any(isinstance(piece, Citation) for piece in pieces[-1:])
    return [*pieces[:at], remark, *pieces[at:], mark]


def _inline(pieces: Sequence[_Written], *, opening: bool = False, table: bool = False) -> str:
    """The pieces on one line of Markdown."""
    written = [
        _piece(piece, opening=opening and place == 0, table=table)
        for place, piece in enumerate(pieces)
    ]
    line = ""
    for place, (piece, text) in enumerate(zip(pieces, written, strict=True)):
        if isinstance(piece, Strong):
            following = "".join(written[place + 1 :])
            text = strong(text, line[-1:], following[:1])
            text = opened(text) if opening and not line else text
        elif isinstance(piece, Words) and text.startswith("(") and line.endswith("]"):
            text = "\\" + text  # no link comes out of a citation and what follows it
        line += text if line else text.lstrip()
    return line.rstrip()


def _piece(piece: _Written, *, opening: bool = False, table: bool = False) -> str:
    match piece:
        case Words(text):
            return escape(text, opening=opening, table=table)
        case Code(text):
            return code(text, table=table)
        case Strong(parts):
            return "".join(_piece(part, table=table) for part in parts)
        case Citation(numbers):
            return f" {_numbers(numbers)}"
        case str():
            return piece
