"""Read a writer's Markdown into a draft, and show a draft's blocks as Markdown again. markdown-it
reads it; what a report has no form for (images, links, HTML, rules) is left out, its words stay.

The first heading of level one is the title; what stands under a second one is the short answer,
which is written last. Not here: what the marks stand for (`resolving.py`)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from agents.guarding.untrusted_text import unseen_left_out
from agents.writing import marks
from agents.writing.marks import WrittenMark
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
    reader = _Reader(markdown, resolver)
    written = Written()
    heading, level, blocks = "", 2, list[DraftBlock]()
    titles = 0

    def close() -> None:
        nonlocal blocks
        if titles > 1:
            written.answer += sentences_of(*blocks)
        elif heading or blocks:
            written.sections.append(
                DraftSection(heading=heading, level=level, blocks=tuple(blocks))
            )
        blocks = []

    for item in reader.items():
        if not isinstance(item, _Heading) or (item.line is not None and titles > 1):
            blocks += _block(item)
            continue
        close()
        heading, level = item.text, min(3, max(2, item.level))
        if item.level == 1:
            titles += 1
            heading, level = "", 2
            written.title = written.title or item.text
    close()
    written.sections = [s for s in written.sections if s.heading or s.blocks]
    return written


def parted(markdown: str) -> tuple[list[str], str]:
    """The blocks of a report's Markdown as they were written, headings as blocks of their own, and
    the text of its short answer, '' if it has none."""
    lines = markdown.split("\n")
    body: list[str] = []
    answer: list[str] = []
    titles = 0
    for token in _READER.parse(markdown):
        if token.level or token.map is None:
            continue
        title = token.type == "heading_open" and token.tag == "h1"
        titles += title
        block = "\n".join(lines[token.map[0] : token.map[1]]).strip()
        if titles < 2:
            body.append(block)
        elif not title:
            answer.append(block)
    return body, "\n\n".join(answer)


def is_title(block: str) -> bool:
    """Whether a block of Markdown is a heading of level one."""
    first = next(iter(_READER.parse(block)), None)
    return first is not None and first.type == "heading_open" and first.tag == "h1"


def read_blocks(markdown: str, resolver: Resolver) -> tuple[list[DraftBlock], str]:
    """A part of a report: its blocks, and its first heading, '' if there is none."""
    items = list(_Reader(markdown, resolver).items())
    heading = next(
        (item.text for item in items if isinstance(item, _Heading) and item.line is None), ""
    )
    return [block for item in items for block in _block(item)], heading


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
        self._tokens = _READER.parse(lifted)
        self._resolver = resolver

    def items(self) -> Iterator[_Heading | DraftBlock]:
        """The headings and blocks in reading order."""
        tokens, place = self._tokens, 0
        while place < len(tokens):
            end = _closing(tokens, place)
            yield from self._item(tokens[place : end + 1])
            place = end + 1

    def _item(self, tokens: Sequence[Token]) -> Iterator[_Heading | DraftBlock]:
        first = tokens[0]
        if first.type == "heading_open":
            text = marks.split_signs(_plain(tokens[1]))[0]
            yield _Heading(text.replace("**", "").strip(), int(first.tag[1:]))
        elif heading := _heading_in_strong_words(tokens):
            yield _Heading(heading, 3, next(self._paragraph(_plain(tokens[1])), None))
        elif first.type in ("bullet_list_open", "ordered_list_open"):
            items = tuple(item for item in map(self._item_sentences, _list_items(tokens)) if item)
            if items:
                yield DraftList(items=items, ordered=first.type == "ordered_list_open")
        elif first.type == "table_open":
            yield from self._table(tokens)
        elif first.type in ("fence", "code_block"):
            yield from self._paragraph(f"`{' '.join(first.content.split())}`")
        else:
            for token in tokens:
                if token.type == "inline":
                    yield from self._figures(token)
                    yield from self._paragraph(_plain(token))

    def _paragraph(self, text: str) -> Iterator[DraftParagraph]:
        if sentences := self._sentences(text):
            yield DraftParagraph(sentences=sentences)

    def _figures(self, token: Token) -> Iterator[DraftFigure]:
        """Pictures of the run by their id; a caption is told in the text beside them."""
        for child in token.children or []:
            address = str(child.attrs.get("src", "")) if child.type == "image" else ""
            drawn = address.removeprefix(FIGURE)
            if address.startswith(FIGURE) and any(
                drawing.id == drawn for drawing in self._resolver.ledger.drawings
            ):
                yield DraftFigure(id=drawn, caption=self._sentences(child.content))

    def _item_sentences(self, texts: Sequence[str]) -> tuple[DraftSentence, ...]:
        return tuple(sentence for text in texts for sentence in self._sentences(text))

    def _table(self, tokens: Sequence[Token]) -> Iterator[DraftTable]:
        rows: list[list[str]] = []
        for token in tokens:
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(_plain(token))
        if len(rows) > 1:
            header = tuple(marks.split_signs(cell)[0].replace("**", "") for cell in rows[0])
            cells = tuple(tuple(self._cell(cell) for cell in row) for row in rows[1:])
            yield DraftTable(header=header, rows=cells)

    def _cell(self, text: str) -> DraftSentence | None:
        if text.strip() in ("", "-", NOTHING, "—"):
            return None
        plain, placed = marks.split_signs(text)
        return self._made(plain, self._written(placed))

    def _sentences(self, text: str) -> tuple[DraftSentence, ...]:
        spans = _spans(text) or ([(0, len(text))] if marks.has_signs(text) else [])
        found: list[DraftSentence] = []
        for start, end in spans:
            plain, placed = marks.split_signs(_balanced(text[start:end]))
            if plain.strip():
                found.append(self._made(plain, self._written(placed)))
        return tuple(found)

    def _written(self, placed: Sequence[tuple[int, int]]) -> list[tuple[int, WrittenMark]]:
        """The marks by their places; a sign that stands for none came out of an entity
        (`&#xE123;`)."""
        return [
            (offset, self._marks[number]) for offset, number in placed if number < len(self._marks)
        ]

    def _made(self, text: str, written: Sequence[tuple[int, WrittenMark]]) -> DraftSentence:
        return self._resolver.sentence(
            text, [(min(offset, len(text)), mark) for offset, mark in written]
        )


def _heading_in_strong_words(tokens: Sequence[Token]) -> str:
    """The words of a paragraph of strong words alone, which rest on nothing: writers use it as a
    heading."""
    if tokens[0].type != "paragraph_open" or marks.has_signs(text := _plain(tokens[1])):
        return ""
    strong = _STRONG.fullmatch(text)
    return strong[1].rstrip(" :：") if strong else ""


def _closing(tokens: Sequence[Token], place: int) -> int:
    """Where the block that opens at a place ends."""
    depth = 0
    for end in range(place, len(tokens)):
        depth += tokens[end].nesting
        if depth <= 0:
            return end
    return len(tokens) - 1


def _list_items(tokens: Sequence[Token]) -> list[list[str]]:
    """The texts of each item; items of a list within an item follow it as items of their own."""
    items: list[list[str]] = []
    for token in tokens:
        if token.type == "list_item_open":
            items.append([])
        elif token.type == "inline" and items:
            items[-1].append(_plain(token))
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
            lead = [
                f"{place}." if block.ordered else "-" for place in range(1, len(block.items) + 1)
            ]
            return "\n".join(
                f"{sign} {_run(item)}" for sign, item in zip(lead, block.items, strict=True)
            )
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
    rests = ", ".join(ref for ref in plain if ref not in looked and ref not in said)
    written = [
        f"{{= {expression[1:].strip()}{'; ' if refs else ''}{', '.join(refs)}}}"
        for expression, *refs in expressions
    ]
    written += [f"{{{word}}}" for word in said]
    absent = any(isinstance(sentence.evidence[place], SearchLog) for place in mark.evidence)
    inside = INFERENCE in mark.refs and not looked
    if absent and not inside:
        written.insert(0, f"{{absent: {', '.join(looked)}}}" if looked else "{absent}")
    if INFERENCE in mark.refs:
        flips = f"flips if {sentence.overturned_by}" if sentence.overturned_by else ""
        about = "; ".join(part for part in (sentence.confidence, flips) if part)
        beside = ("given" if "given" in said else "", "absent" if absent and inside else "")
        premises = ", ".join(filter(None, (rests, *beside)))
        written = [one for one in written if one != "{given}"]
        written.insert(0, f"{{i: {premises}; {about}}}")
    elif rests:
        written.insert(0, f"{{{rests}}}")
    return " ".join(written) or f"{{{rests}}}"


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
