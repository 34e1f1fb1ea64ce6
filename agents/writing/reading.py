"""Read a writer's Markdown into a draft, and show a draft's blocks as Markdown again. markdown-it
reads it; what a report has no form for (images, links, HTML, rules) is left out, its words stay.

The first heading of level one is the title; what stands under a second one is the short answer,
which is written last. Not here: what the marks stand for (`resolving.py`)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from agents.guarding.untrusted_text import unseen_left_out
from agents.writing import marks
from agents.writing.resolving import INFERENCE, Resolver
from research.domain import (
    DraftBlock,
    DraftFigure,
    DraftList,
    DraftParagraph,
    DraftSection,
    DraftSentence,
    DraftTable,
    Mark,
    SearchLog,
    Span,
)
from research.text.sentences import sentence_spans

_READER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_LEAD = re.compile(r"\*\*[^*]{1,80}\*\*[.:：。]?\s+")
_STRONG = re.compile(r"\*\*([^*]{1,120}[^*.。!?！？])\*\*[:：]?")
_NO_BEGINNING = ",;:.!?"  # of a sentence
_NO_END = ";；"  # of one whose mark may stand behind what follows
NOTHING = "–"  # a cell of which nothing is known
FIGURE = "figure:"
_CODE_OR_STRONG = re.compile(r"(`[^`]*`|\*\*)")
_SPECIAL = re.compile(
    r"[\\*_\[\]<|~]|&(?=#?\w+;)|^[>#]|^[-+=](?=\s|[-=]|$)|(?<=^\d)[.)](?=\s|$)|(?<=^\d\d)[.)](?=\s|$)"
)


@dataclass
class Written:
    """What a text was read as."""

    title: str = ""
    answer: list[DraftSentence] = field(default_factory=list)
    sections: list[DraftSection] = field(default_factory=list)


def read(markdown: str, resolver: Resolver) -> Written:
    """A whole report."""
    written = Written()
    titles = 0
    for item in _Reader(markdown, resolver).items():
        if isinstance(item, _Heading) and item.level == 1:
            titles += 1
            written.title = written.title or item.text
            written.sections.append(DraftSection(heading=""))
        elif titles > 1:
            written.answer += sentences_of(*_block(item))
        elif isinstance(item, _Heading):
            section = DraftSection(heading=item.text, level=min(3, item.level))
            written.sections.append(section)
        else:
            last = written.sections.pop() if written.sections else DraftSection(heading="")
            written.sections.append(last.replace(blocks=(*last.blocks, item)))
    written.sections = [s for s in written.sections if s.heading or s.blocks]
    return written


def parted(markdown: str) -> tuple[list[str], str]:
    """The blocks of a report's Markdown as they were written, headings as blocks of their own, and
    the text of its short answer, '' if it has none."""
    lines = markdown.split("\n")
    body: list[str] = []
    answer: list[str] = []
    titles = 0
    for node in _nodes(markdown):
        if node.map is None:
            continue
        titles += _is_title(node)
        block = "\n".join(lines[slice(*node.map)]).strip()
        if titles < 2:
            body.append(block)
        elif not _is_title(node):
            answer.append(block)
    return body, "\n\n".join(answer)


def is_title(block: str) -> bool:
    """Whether a block of Markdown is a heading of level one."""
    return any(map(_is_title, _nodes(block)[:1]))


def _is_title(node: SyntaxTreeNode) -> bool:
    return node.type == "heading" and node.tag == "h1"


def _nodes(markdown: str) -> list[SyntaxTreeNode]:
    """The blocks of a text, with what is in them."""
    return SyntaxTreeNode(_READER.parse(markdown)).children


def read_blocks(markdown: str, resolver: Resolver) -> tuple[list[DraftBlock], str]:
    """A part of a report: its blocks, and its first heading, '' if there is none."""
    items = list(_Reader(markdown, resolver).items())
    headings = [one.text for one in items if isinstance(one, _Heading) and one.line is None]
    return [block for item in items for block in _block(item)], next(iter(headings), "")


def sentences_of(*blocks: DraftBlock) -> list[DraftSentence]:
    """The sentences of blocks in reading order, the cells of tables too."""
    return DraftSection(heading="", blocks=blocks).written()


@dataclass(frozen=True)
class _Heading:
    """`line` is the paragraph that it is where no heading can stand, of a heading in strong
    words."""

    text: str
    level: int
    line: DraftParagraph | None = None


def _block(item: _Heading | DraftBlock) -> list[DraftBlock]:
    if not isinstance(item, _Heading):
        return [item]
    return [item.line] if item.line is not None else []


class _Reader:
    def __init__(self, markdown: str, resolver: Resolver) -> None:
        lifted, self._marks = marks.lift(markdown)
        self._nodes = _nodes(lifted)
        self._resolver = resolver

    def items(self) -> Iterator[_Heading | DraftBlock]:
        """The headings and blocks in reading order."""
        for node in self._nodes:
            yield from self._item(node)

    def _item(self, node: SyntaxTreeNode) -> Iterator[_Heading | DraftBlock]:
        match node.type:
            case "heading":
                text, _ = marks.split_signs(_text(node))
                yield _Heading(text.replace("**", "").strip(), int(node.tag[1:]))
            case "bullet_list" | "ordered_list":
                texts = map(self._sentences_of, _list_items(node))
                if items := tuple(filter(None, texts)):
                    yield DraftList(items=items, ordered=node.type == "ordered_list")
            case "table":
                yield from self._table(node)
            case "fence" | "code_block":
                yield from self._paragraph(f"`{' '.join(node.content.split())}`")
            case "paragraph" if heading := _heading_in_strong_words(_text(node)):
                yield _Heading(heading, 3, next(self._paragraph(_text(node)), None))
            case _:
                for inline in _inlines(node):
                    yield from self._figures(inline)
                    yield from self._paragraph(_plain(inline))

    def _paragraph(self, text: str) -> Iterator[DraftParagraph]:
        if sentences := self._sentences(text):
            yield DraftParagraph(sentences=sentences)

    def _figures(self, token: Token) -> Iterator[DraftFigure]:
        """Pictures of the run by their id; a caption is told in the text beside them."""
        drawn = {f"{FIGURE}{drawing.id}": drawing.id for drawing in self._resolver.ledger.drawings}
        for child in token.children or []:
            if child.type == "image" and (id := drawn.get(str(child.attrs["src"]))):
                yield DraftFigure(id=id, caption=self._sentences(child.content))

    def _sentences_of(self, texts: Sequence[str]) -> tuple[DraftSentence, ...]:
        return tuple(sentence for text in texts for sentence in self._sentences(text))

    def _table(self, table: SyntaxTreeNode) -> Iterator[DraftTable]:
        rows = [list(map(_text, row.children)) for row in table.walk() if row.type == "tr"]
        if len(rows) > 1:
            header = tuple(marks.split_signs(cell)[0].replace("**", "") for cell in rows[0])
            cells = tuple(tuple(map(self._cell, self._covered(row))) for row in rows[1:])
            yield DraftTable(header=header, rows=cells)

    def _covered(self, row: Sequence[str]) -> list[str]:
        """The cells of a row. One without marks rests on the last of the next that has any; the
        first, which names the row, only on a conclusion: it may be the day of a plan."""
        covered: list[str] = []
        last = ""
        for cell in reversed(row):
            own = marks.signs_in(cell)
            last = own[-1:] or last
            is_name = len(covered) == len(row) - 1
            rests = not (own or _is_empty(cell) or (is_name and not self._concludes(last)))
            covered.append(f"{cell} {last}" if rests else cell)
        return covered[::-1]

    def _concludes(self, sign: str) -> bool:
        _, placed = marks.split_signs(sign)
        return any(self._marks[number].kind == "inference" for _, number in placed)

    def _cell(self, text: str) -> DraftSentence | None:
        return None if _is_empty(text) else self._sentence(text)

    def _sentences(self, text: str) -> tuple[DraftSentence, ...]:
        spans = _spans(text) or ([(0, len(text))] if marks.signs_in(text) else [])
        found = [self._sentence(_balanced(text[start:end])) for start, end in spans]
        return tuple(sentence for sentence in found if sentence.text.strip())

    def _sentence(self, text: str) -> DraftSentence:
        """A sentence with its marks; a sign that stands for none came out of an entity
        (`&#xE123;`)."""
        plain, placed = marks.split_signs(text)
        known = [
            (min(offset, len(plain)), self._marks[number])
            for offset, number in placed
            if number < len(self._marks)
        ]
        return self._resolver.sentence(plain, known)


def _is_empty(cell: str) -> bool:
    return cell.strip() in ("", "-", NOTHING, "—")


def _heading_in_strong_words(text: str) -> str:
    """The words of a paragraph of strong words alone, which rest on nothing: writers use it as a
    heading."""
    strong = None if marks.signs_in(text) else _STRONG.fullmatch(text)
    return strong[1].rstrip(" :：") if strong else ""


def _inlines(node: SyntaxTreeNode) -> Iterator[Token]:
    """The inline texts in a block."""
    return (one.token for one in node.walk() if one.type == "inline" and one.token)


def _text(node: SyntaxTreeNode) -> str:
    return "".join(map(_plain, _inlines(node)))


def _list_items(node: SyntaxTreeNode) -> list[list[str]]:
    """The texts of each item; items of a list within an item follow it as items of their own."""
    items: list[list[str]] = []
    for one in node.walk():
        if one.type == "list_item":
            items.append([])
        elif one.type == "inline" and one.token:
            items[-1].append(_plain(one.token))
    return items


def _plain(token: Token) -> str:
    """The words of an inline text, with code in backticks and strong words in double asterisks."""
    parts: list[str] = []
    for child in token.children or []:
        match child.type:
            case "text":
                parts.append(unseen_left_out(child.content).replace("**", "").replace("`", "'"))
            case "code_inline":
                parts.append(f"`{child.content.strip()}`" if child.content.strip() else "")
            case "strong_open" | "strong_close":
                parts.append("**")
            case "softbreak" | "hardbreak":
                parts.append(" ")
    return "".join(parts)


def _spans(text: str) -> list[Span]:
    """The sentences of a text. A lead-in in strong words belongs to the sentence that it leads
    in."""
    lead = _LEAD.match(text)
    offset = lead.end() if lead else 0
    spans: list[Span] = []
    for start, end in sentence_spans(text[offset:]):
        if spans and (
            text[offset + start] in _NO_BEGINNING or text[: spans[-1][1]].rstrip()[-1] in _NO_END
        ):
            spans[-1] = (spans[-1][0], end + offset)
        else:
            spans.append((start + offset, end + offset))
    return [(0, spans[0][1]), *spans[1:]] if lead and spans else spans


def _balanced(text: str) -> str:
    """Strong words that a sentence's end cut in two are plain."""
    return text if text.count("**") % 2 == 0 else text.replace("**", "")


def shown(block: DraftBlock) -> str:
    """A block as its writer would write it, with marks."""
    match block:
        case DraftParagraph():
            return _run(block.sentences)
        case DraftList():
            signs = (f"{place}." if block.ordered else "-" for place in count(1))
            return "\n".join(f"{next(signs)} {_run(item)}" for item in block.items)
        case DraftTable():
            rows = [
                [NOTHING if cell is None else _barless(_marked(cell)) for cell in row]
                for row in block.rows
            ]
            header = [_barless(_escaped(name)) for name in block.header]
            lines = [header, ["---"] * len(header), *rows]
            return "\n".join(f"| {' | '.join(line)} |" for line in lines)
        case DraftFigure():
            return f"![{_run(block.caption)}]({FIGURE}{block.id})"


def _run(sentences: Sequence[DraftSentence]) -> str:
    return " ".join(_marked(sentence) for sentence in sentences)


def _marked(sentence: DraftSentence) -> str:
    parts, last = [], 0
    for mark in sentence.marks:
        parts += [_escaped(sentence.text[last : mark.end]), " ", _mark(mark, sentence)]
        last = mark.end
    return "".join([*parts, _escaped(sentence.text[last:])])


def _mark(mark: Mark, sentence: DraftSentence) -> str:
    """The marks that end in one place: what it rests on, calculations, what was looked through."""
    plain, *expressions = _by_expression([ref for ref in mark.refs if ref != INFERENCE])
    looked = [ref for ref in plain if marks.DOCUMENT.fullmatch(ref)]
    said = [ref for ref in plain if ref in ("given", "method")]
    rests = ", ".join(ref for ref in plain if ref not in (*looked, *said))
    absent = any(isinstance(sentence.evidence[place], SearchLog) for place in mark.evidence)
    written = [rests]
    if INFERENCE in mark.refs:
        premises = [rests, "given" if "given" in said else ""]
        said = [word for word in said if word != "given"]
        if absent and not looked:
            premises.append("absent")
            absent = False
        flips = sentence.overturned_by and f"flips if {sentence.overturned_by}"
        about = "; ".join(filter(None, (sentence.confidence, flips)))
        written = [f"i: {', '.join(filter(None, premises))}; {about}"]
    if absent:
        written.append(f"absent: {', '.join(looked)}" if looked else "absent")
    for expression, *refs in expressions:
        written.append("; ".join(filter(None, (f"= {expression[1:].strip()}", ", ".join(refs)))))
    return " ".join(f"{{{one}}}" for one in (*written, *said) if one)


def _by_expression(refs: Sequence[str]) -> list[list[str]]:
    """The ids of a mark before its first expression, then each expression with its own."""
    parts: list[list[str]] = [[]]
    for ref in refs:
        if ref.startswith("="):
            parts.append([])
        parts[-1].append(ref)
    return parts


def _barless(cell: str) -> str:
    """A cell's Markdown without a bar that would end it, in code too."""
    return re.sub(r"(?<!\\)\|", r"\\|", cell)


def _escaped(text: str) -> str:
    """A text, with code and strong words, that Markdown reads as it is."""
    pieces = _CODE_OR_STRONG.split(text)
    return "".join(
        piece if place % 2 else marks.inert(_SPECIAL.sub(r"\\\g<0>", piece))
        for place, piece in enumerate(pieces)
    )
