"""The report as Markdown: a pure function of its other fields.

Citations `[n]` stand at the end of their clause. A conclusion, a calculation or a computed figure
carries a raised letter; the section "How we got there" tells under that letter what it rests on.
Every text is escaped: no link, image, tag or citation comes out of one, and no markup but `code`
and **strong** words. The only links are the addresses of sources, the only images files of the job
itself.

Not here: how a report is bound (`bind.py`), what is escaped and how (`escaping.py`), how the viewer
shows it (`api/viewer/templates/_report.html`).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from research.domain.report import (
    Block,
    BulletList,
    CitedCalculation,
    CitedContradiction,
    CitedInput,
    CitedQuote,
    CitedSide,
    Paragraph,
    Report,
    Section,
    Sentence,
    Source,
    Table,
)
from research.reporting.basis import (
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

_ROUND = str.maketrans("[]", "()")  # a bracket would end the name of a picture
MOST_CITED = 3  # numbers of a citation that stand in the text where a letter tells them as well


def render(report: Report) -> str:
    """The report as Markdown."""
    return "\n\n".join(_Markdown(report).parts()) + "\n"


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


class _Markdown:
    """The parts of one report, each a block of Markdown."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._words = words_of(report.language)
        self._bases = bases_of(report)

    def parts(self) -> Iterator[str]:
        report, words = self._report, self._words
        yield _heading(1, report.title)
        if report.status != "complete":
            yield f"> {words[report.status]}"
        if report.answer:
            yield from (f"## {words['answer']}", self._sentences(report.answer))
        for section in report.sections:
            if section.heading:  # what stands before the first has none
                yield _heading(section.level, section.heading)
            yield from (part for block in section.blocks for part in self._block(block))
        if disagreements := untold(report):
            yield f"## {words['contradictions']}"
            yield from (self._contradiction(c) for c in disagreements)
        limits = [*report.limitations]
        if report.floors:
            limits.append(f"{words['floors']}: {', '.join(report.floors)}")
        yield from self._list("translations", map(_translated, translations(report)))
        yield from self._list("limitations", (_text(limit, opening=True) for limit in limits))
        yield from self._how_we_got_there()
        yield from self._list("sources", map(self._source, report.sources))

    def _list(self, heading: str, lines: Iterable[str]) -> Iterator[str]:
        if items := [f"- {line}" for line in lines]:
            yield from (f"## {self._words[heading]}", "\n".join(items))

    # Blocks

    def _block(self, block: Block) -> Iterator[str]:
        if isinstance(block, Paragraph):
            yield self._sentences(block.sentences)
        elif isinstance(block, BulletList):
            items = enumerate(map(self._sentences, block.items), 1)
            yield "\n".join(f"{f'{n}.' if block.ordered else '-'} {item}" for n, item in items)
        elif isinstance(block, Table):
            yield self._table(block)
        else:
            yield self._sentences(block.caption)
            name = escape(block.name.translate(_ROUND))
            yield f"![figure {name}]({file_path(self._report.id, block.id)})"

    def _table(self, table: Table) -> str:
        head = [_text(name, table=True) for name in table.header]
        rows = [[self._said(cell, table=True) for cell in row] for row in table.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows))

    def _contradiction(self, found: CitedContradiction) -> str:
        topic = escape(visible(found.topic).strip())
        note = _text(found.note)
        sides = "\n".join(f"- {self._side(side)}" for side in found.sides)
        return f"**{topic}**{f' — {note}' if note else ''}\n\n{sides}"

    def _side(self, side: CitedSide) -> str:
        remark = f" ({self._words['superseded']})" if side.superseded else ""
        return _inline(_with_tail(laid_out(side.text, side.evidence), remark), opening=True)

    # Sentences

    def _sentences(self, sentences: Sequence[Sentence]) -> str:
        return " ".join(
            self._said(said, opening=place == 0) for place, said in enumerate(sentences)
        )

    def _said(self, said: Sentence, *, opening: bool = False, table: bool = False) -> str:
        basis = self._bases.get(key_of(said))
        flow = [piece for piece in flow_of(said) if not (basis and _is_told_by(basis, piece))]
        pieces = _with_tail(flow, self._remark(said), basis.mark if basis else "")
        return _inline(pieces, opening=opening, table=table)

    def _remark(self, said: Sentence) -> str:
        """The verdict that sets a sentence apart, in parentheses."""
        return f" ({self._words[f'is_{said.remarked}']})" if said.remarked else ""

    # What conclusions rest on

    def _how_we_got_there(self) -> Iterator[str]:
        by_letter = {basis.mark: basis for basis in self._bases.values()}
        bases = [f"- {mark} {self._basis(basis)}" for mark, basis in by_letter.items()]
        lines = ["\n".join(bases), self._remarked(), self._searched(), self._checked()]
        if any(lines):
            yield f"## {self._words['basis']}"
        yield from filter(None, lines)

    def _basis(self, basis: Basis) -> str:
        if basis.plain:
            return self._words["own"]
        told = [*self._inference(basis)] if basis.is_inference else []
        told += [self._formula(made, basis.earlier.get(made)) for made in basis.calculations]
        if basis.runs:
            read = "" if basis.is_inference else f" · {_numbers(basis.quoted)}"
            told.append(f"{self._words['computed']} {', '.join(map(code, basis.runs))}{read}")
        return " · ".join(told)

    def _inference(self, basis: Basis) -> Iterator[str]:
        words, said = self._words, basis.said
        numbers = _numbers(basis.quoted)
        yield f"{words['inference']} {numbers}" if numbers else words["inference_alone"]
        if said.warrant:
            yield self._told("why", said.warrant)
        if said.confidence:
            yield self._told("confidence", words[said.confidence])
        if said.overturned_by:
            yield self._told("overturned", said.overturned_by)

    def _told(self, name: str, text: str) -> str:
        return f"{self._words[name]}{self._words['colon']}{_text(text)}"

    def _formula(self, made: CitedCalculation, told: str | None) -> str:
        """A calculation with its figures; of one that is told under an earlier letter that
        letter."""
        label, expression = _text(made.label), code(with_values(made))
        if told:
            return f"{label or expression} {raised(told)}"
        formula = f"{expression} {escape(value_shown(made))}"
        read = ", ".join(_input(one) for one in made.inputs if one.n)
        return f"{f'{label} = ' if label else ''}{formula}{f' · {read}' if read else ''}"

    def _remarked(self) -> str:
        """What a judge's remarks in parentheses mean, those that there are."""
        if not self._report.quality.judge:
            return ""
        told = {said.remarked for said in everything_said(self._report)}
        return " ".join(
            f"({self._words[f'is_{verdict}']}): {self._words[f'means_{verdict}']}"
            for verdict in ("partial", "contested")
            if verdict in told
        )

    def _searched(self) -> str:
        """What was searched for that the report says was not found, once for all of it."""
        log = searched(self._report)
        if log is None:
            return ""
        told = self._words["searched" if log.queries else "read_whole"]
        return told.format(queries=len(log.queries), pages=log.pages)

    def _checked(self) -> str:
        quality = self._report.quality
        if not quality.judge:
            return ""
        judge = escape(quality.judge)
        return self._words["checked"].format_map(quality.model_dump() | {"judge": judge})

    # Sources

    def _source(self, source: Source) -> str:
        standing = self._words.get(f"is_{source.standing}")
        told = filter(None, (standing, source.author, source.site, source.published_at))
        about = ", ".join(escape(part) for part in told)
        title = escape(source.title or source.url)
        named = f"[{source.n}] {title}{f'. {about}' if about else ''}."
        return (
            f"{named} {_address(source.url)} ({self._words['read']} {source.fetched_at:%Y-%m-%d})"
        )


def _input(given: CitedInput) -> str:
    """A figure with its sources."""
    return f"{escape(given.value)} {_numbers(given.n)}"


def _is_told_by(basis: Basis, piece: Piece) -> bool:
    """Whether a citation is a row of numbers all of which stand under the letter of its sentence: a
    conclusion that rests on nine sources is read more easily by its letter."""
    return (
        isinstance(piece, Citation)
        and len(piece.numbers) > MOST_CITED
        and set(piece.numbers) <= basis.numbers
    )


def _translated(quote: CitedQuote) -> str:
    meaning = _inline(_with_tail(laid_out(quote.translation or "", (quote,))))
    return f"“{escape(quote.quote.strip())}” — {meaning}"


def _numbers(numbers: Sequence[int]) -> str:
    return "".join(f"[{n}]" for n in numbers)


def _address(url: str) -> str:
    """An address a reader may follow as a link, any other as plain code."""
    followed = url.startswith(("http://", "https://")) and not set(url) & set("<> \t\r\n")
    return f"<{url}>" if followed else code(readable(url))


def _heading(level: int, text: str) -> str:
    """A heading; `#` at its end would close it."""
    shown = _text(text)
    if shown.endswith("#"):
        shown = f"{shown[:-1]}\\#"
    return f"{'#' * level} {shown}"


# Pieces of a text


def _text(text: str, *, opening: bool = False, table: bool = False) -> str:
    """A text that rests on nothing, on one line of Markdown."""
    return _inline(laid_out(text), opening=opening, table=table)


_Written = Piece | str  # a string is Markdown of our own


def _with_tail(pieces: Sequence[Piece], remark: str = "", mark: str = "") -> list[_Written]:
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
