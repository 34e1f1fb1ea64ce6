"""Markdown to parts: wrapped lines joined, links and emphasis reduced to their words, code as code, tables to rows with
column names.

Also what the generators of documentation write: front matter, admonitions, roles and directives of MyST, tags and imports of MDX.
"""

import html
import re
from collections.abc import Sequence

from browser.documents.parts import Part, join_lines
from browser.documents.tables import rows_of
from browser.markup.restructured import parts_of_restructured

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_UNDERLINE = re.compile(r"^(?:(=)+|-+)\s*$")
_RULE = re.compile(r"^\s*(?:\|?\s*:?-{3,}:?\s*)(?:\|\s*:?-{3,}:?\s*)*\|?\s*$")
_FENCE = re.compile(r"^\s*(?P<fence>`{3,}|~{3,})\s*(?P<info>[^`]*)$")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"(\*{1,3}|_{2,3}|`)(?=\S)([^*`\n]+?)(?<=\S)\1(?!\w)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BULLET = re.compile(r"^\s*(?:[-*+•]\s+|\d{1,3}[.)]\s+|>\s?)")
_ROLE = re.compile(r"\{[a-z][\w:.+-]*\}`(?:([^`<]*\S)\s*<[^`>]+>|[~!]?([^`]+))`")
_ADMONITION = re.compile(r"^\s*(?::{3,}|!!!|\?\?\?\+?)\s*(?:\{?(?P<kind>[\w-]+)\}?)?\s*(?P<title>.*)$")
_OPTION = re.compile(r"^\s*:[\w-]+:(?:\s.*)?$")
_ONLY_TAGS = re.compile(r"^\s*(?:</?[A-Za-z][^<>]*>\s*)+$")
_IMPORT = re.compile(r"^(?:import|export)\s.*\bfrom\s+['\"][^'\"]+['\"];?\s*$")
_LIKE_CODE = re.compile(r"[=(){}<>;$\\/]|\s--?\w|^\S+$")
_FRONT = re.compile(r"\A\ufeff?(?:---[ \t]*\n(?P<yaml>.*?)\n(?:---|\.\.\.)|\+\+\+[ \t]*\n(?P<toml>.*?)\n\+\+\+)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"^title\s*[:=]\s*(?P<quote>[\"']?)(?P<title>.+?)(?P=quote)\s*$", re.MULTILINE)
_SILENT = frozenset("toctree include figure image contents command-output literalinclude card grid".split())
_TOLD = frozenset("note warning tip important caution danger hint attention error seealso admonition info".split())


def without_front_matter(text: str) -> tuple[str, str]:
    """The text, and the title that its front matter gives, '' where there is none."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT.match(text)
    if front is None:
        return text, ""
    title = _TITLE.search(front["yaml"] or front["toml"] or "")
    return text[front.end() :], title["title"].strip() if title else ""


def parts_of_markdown(text: str) -> list[Part]:
    """The blocks of Markdown."""
    reader = _Reader()
    for line in _COMMENT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n"):
        reader.read(line)
    reader.close()
    return reader.parts


def is_markdown(lines: Sequence[str]) -> bool:
    """Whether text out of another format is Markdown source, as printed or pasted documents sometimes are."""
    headings = [number for number, line in enumerate(lines) if re.match(r"#{1,6} \S", line)]
    return len(headings) > 1 and (headings[0] == 0 or any(line.startswith("## ") for line in lines))


class _Reader:
    """Collects lines into blocks; a block ends where another kind begins."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._block: list[str] = []
        self._table: list[list[str]] = []
        self._indented: list[str] = []
        self._fence = ""
        self._info = ""
        self._code: list[str] = []
        self._in_list = False
        self._silent = False  # in a directive that lists files
        self._opened = False  # under a directive's first line, where its options stand

    def read(self, line: str) -> None:
        fence = _FENCE.match(line)
        if self._fence:
            self._read_fenced(line, fence)
        elif fence:
            self.close()
            self._fence, self._info = fence["fence"], fence["info"].strip()
        elif not self._marks_only(line):
            self._read_text(line)

    def _read_fenced(self, line: str, fence: re.Match[str] | None) -> None:
        if fence and not fence["info"].strip() and fence["fence"].startswith(self._fence):
            self._close_fence()
        else:
            self._code.append(line)

    def _marks_only(self, line: str) -> bool:
        """Whether a line only marks the beginning or the end of something, or stands in a list of files."""
        if (mark := _ADMONITION.match(line)) and line.strip(":!?+ \n") != line.strip():
            self.close()
            self._silent = mark["kind"] in _SILENT
            self._opened = bool(mark["kind"])
            if (title := mark["title"].strip(" \"'[]{}")) and not self._silent:
                self.parts.append(Part(_words(title)))
            return True
        option = self._opened and bool(_OPTION.match(line))
        self._opened = option
        return option or self._silent or bool(_ONLY_TAGS.match(line)) or bool(_IMPORT.match(line))

    def _read_text(self, line: str) -> None:
        if heading := _HEADING.match(line):
            self.close()
            self._in_list = False
            self.parts.append(Part(_words(heading.group(2)), "heading", len(heading.group(1))))
        elif (underline := _UNDERLINE.match(line)) and self._is_heading():
            level = 1 if underline[1] else 2
            self.parts.append(Part(self._block.pop(), "heading", level))
        elif not line.strip():
            self._end_paragraph()
        elif line.lstrip().startswith("|"):
            self._read_row(line)
        elif self._is_indented(line):
            self._indented.append(line)
        elif not _RULE.match(line):
            self._read_line(line)

    def _is_heading(self) -> bool:
        """Whether the block so far is one short line, which an underline makes a heading."""
        return (
            len(self._block) == 1 and len(self._block[0]) <= 100 and not _BULLET.match(self._block[0]) and self._block[0][-1] not in ".。"
        )

    def _is_indented(self, line: str) -> bool:
        """Whether a line is code by its indentation: after an empty line, in no list, and not like prose."""
        if not line.startswith(("    ", "\t")) or self._block or self._table or self._in_list:
            return False
        return bool(self._indented) or bool(_LIKE_CODE.search(line.strip()))

    def _read_line(self, line: str) -> None:
        bullet = _BULLET.match(line)
        if self._table or self._indented or bullet:
            self.close()
        if bullet or not line.startswith((" ", "\t")):
            self._in_list = bool(bullet) or (self._in_list and bool(self._block))
        self._block.append(_words(line))

    def _read_row(self, line: str) -> None:
        if self._block:
            self.close()
        if not _RULE.match(line):
            self._table.append([_words(cell) for cell in _cells(line)])

    def _end_paragraph(self) -> None:
        if self._indented:
            self._indented.append("")
        else:
            self.close()

    def close(self) -> None:
        if self._fence:
            self._close_fence()
        if self._block:
            self.parts.append(Part(join_lines(self._block)))
        if self._table:
            self.parts.extend(rows_of(self._table))
        if self._indented:
            self.parts.append(_code(self._indented))
        self._block, self._table, self._indented = [], [], []

    def _close_fence(self) -> None:
        lines, info = self._code, self._info.strip("{}").partition("}")[0]
        directive = self._info.startswith("{")
        self._code, self._fence, self._info = [], "", ""
        if directive and info == "eval-rst":
            self.parts.extend(parts_of_restructured("\n".join(lines)))
        elif directive and info in _TOLD:
            self.parts.extend(parts_of_markdown("\n".join(line for line in lines if not _OPTION.match(line))))
        elif any(line.strip() for line in lines) and not (directive and info in _SILENT):
            self.parts.append(_code(lines))


def _code(lines: Sequence[str]) -> Part:
    """Lines of code without the indentation that all have."""
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return Part("\n".join(line[margin:] for line in lines).strip("\n"), "code")


def _cells(line: str) -> list[str]:
    cells = re.split(r"(?<!\\)\|", line.strip().removeprefix("|"))
    if cells and not cells[-1].strip():
        cells.pop()
    return [cell.replace("\\|", "|").strip() for cell in cells]


def _words(text: str) -> str:
    text = _ROLE.sub(lambda role: role[1] or role[2], text)
    return html.unescape(_EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text)))
