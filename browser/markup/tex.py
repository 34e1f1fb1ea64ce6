"""LaTeX to HTML, by `pylatexenc`, for the one reader of trees: headings, lists, tables, notes;
formulas stay TeX. Pure.

Not here: macros and conditions (`tex_source.py`), what other files hold.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from pylatexenc.latex2text import (
    EnvironmentTextSpec,
    LatexNodes2Text,
    MacroTextSpec,
    get_default_latex_context_db,
)

from browser.html.blocks import MISSING
from browser.markup.tex_source import as_set

# Tags are written in characters that mean nothing, so that `<` in a text stays one.
_OPEN, _SHUT = "\ue010", "\ue011"
_OWN = re.compile(f"[{_OPEN}{_SHUT}]")
_TO_HTML = str.maketrans({_OPEN: "<", _SHUT: ">"})
_HEADINGS = {
    "part": 1,
    "chapter": 1,
    "section": 2,
    "subsection": 3,
    "subsubsection": 4,
    "paragraph": 5,
    "subparagraph": 6,
}
_NOTHING = """
    label cite citep citet citealp autocite parencite ref eqref cref pageref index vspace
    hspace bibliography
    bibliographystyle includegraphics input include maketitle title author date
""".split()
_LISTS = {"itemize": "ul", "enumerate": "ol", "description": "ul"}

_ARGUMENT = r"\{((?:[^{}]++|\{(?:[^{}]++|\{[^{}]*+\})*+\})*+)\}"
_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|\Z)", re.DOTALL)
_CODE = re.compile(
    r"\\begin\{(verbatim|Verbatim|BVerbatim|Highlighting|lstlisting"
    r"|minted)\}(?:\[[^\]]*\])?(?:\{[^}]*\})?(?P<lines>.*?)(?:\\end\{\1\}|\Z)",
    re.DOTALL,
)
_TABLE = re.compile(
    r"\\begin\{(tabular|tabular\*|tabularx|longtable|tabulary)\}(?:\[[^\]]*\])?"
    rf"(?:\s*{_ARGUMENT}){{1,2}}(?P<rows>.*?)(?:\\end\{{\1\}}|\Z)",
    re.DOTALL,
)
_COMMENT = re.compile(r"(?<!\\)%.*")
_RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot)\b"
    r"|\\c(?:line|midrule)(?:\([^)]*\))?\{[^}]*\}"
)
_ROW_END = re.compile(r"\\\\\*?\s*(?:\[[^\]]*\])?|\\tabularnewline")
_CELL_END = re.compile(r"(?<!\\)&")
_SPEC = r"\{(?:[^{}]|\{[^{}]*\})*\}"
_ACROSS = re.compile(rf"\\multicolumn\s*\{{\s*(\d{{1,3}})\s*\}}\s*{_SPEC}\s*{_ARGUMENT}")
_DOWN = re.compile(
    r"\\multirow\s*(?:\[[^\]]*\])?\s*\{\s*(-?\d{1,3})\s*\}\s*(?:\[[^\]]*\])?"
    rf"\s*(?:{_SPEC}|[*=])\s*(?:\[[^\]]*\])?\s*{_ARGUMENT}"
)
_STRIKES = ("sout", "st", "xout", "deleted", "DIFdel")
_STRUCK = re.compile(rf"\\(?:{'|'.join(_STRIKES)})\s*(?:\[[^\]]*\])?{_ARGUMENT}")
_REPLACED = re.compile(rf"\\replaced\s*(?:\[[^\]]*\])?{_ARGUMENT}\s*{_ARGUMENT}")
_RAISED = re.compile(rf"\\text(su[bp])(?:er)?script\s*{_ARGUMENT}")
_UNSEEN = re.compile(
    rf"\\(?:[hv]?phantom|(?:row|cell|column|arrayrule)color|addlinespace)"
    rf"(?![A-Za-z])\s*(?:\[[^\]]*\])*(?:\s*{_ARGUMENT})?"
)
_WITHDRAWN = f"{_OPEN}s{_SHUT}-{_OPEN}/s{_SHUT}"
_QUANTITY = re.compile(rf"\\(?:SI|qty)\s*(?:\[[^\]]*\])?{_ARGUMENT}\s*{_ARGUMENT}")
_MORE_MACROS = """
    DIFadd replaced added item footnote multicolumn multirow begin end href SI qty
    textsuperscript textsubscript
""".split()
_OWN_MACROS = frozenset(
    (*_HEADINGS, *_NOTHING, *_STRIKES, *_LISTS, *_MORE_MACROS),
)
_UNIT = re.compile(r"\\([A-Za-z]+)\s*")
_LINK = re.compile(rf"\\href\s*\{{[^{{}}]*\}}\s*{_ARGUMENT}")
_CITATION = re.compile(r"[~ ]*\\[a-z]*cite[a-z]*\*?(?:\[[^\]]*\])*\{[^{}]*\}")
_UNDER_HEADER = re.compile(r"\\(?:midrule|hline|endhead|endfirsthead)\b")
_TOKEN = re.compile(r"\\[A-Za-z]+Tok\{([^{}]*)\}")  # what colours code
_TARGET = re.compile(r"\\hypertarget\s*\{[^{}]*\}")
_TERM = re.compile(r"(\\item\s*\[)((?:[^\[\]{}]|\{[^{}]*\})*?):?\s*\]")
_BRACES = re.compile(r"[{}]")
_PARAGRAPH = re.compile(r"\n\s*\n")
_KEPT = re.compile(r"<pre(\d+)>")
_BLOCK = re.compile(r"\s*<(?:h\d|table|ul|ol|pre)")


@dataclass(slots=True)
class _Cell:
    """A cell as it is written. `covered`: it is the empty place under one that reaches down."""

    text: str
    across: int = 1
    down: int = 1
    column: int = 0
    covered: bool = False

    def is_empty(self) -> bool:
        return not self.text.strip(" \t\n{}~")


def html_of_tex(text: str) -> str:
    text = _OWN.sub("", text)
    kept: list[str] = []
    text = _CODE.sub(_keep(kept, _code), text)
    text, is_cut = as_set(_COMMENT.sub("", text), _WITHDRAWN, _OWN_MACROS)
    title, author, day = (_said(text, macro) for macro in ("title", "author", "date"))
    body = _DOCUMENT.search(text)
    text = _TABLE.sub(_keep(kept, _table), body[1] if body else text)
    blocks = _PARAGRAPH.split(_html(text))
    html = "\n".join(block if _BLOCK.match(block) else f"<p>{block}</p>" for block in blocks)
    html = _with_kept(html, kept)
    heading = f"<h1>{title}</h1>" if title else ""
    facts = (
        f'<title>{title}</title><meta name="author" content="{author}"><meta name="date" '
        f'content="{day}">'
    )
    cut = f'<wbr {MISSING}="parts_cut">' if is_cut else ""
    return f"<head>{facts}</head>{heading}{html}{cut}"


def _keep(
    kept: list[str], html_of: Callable[[re.Match[str]], str]
) -> Callable[[re.Match[str]], str]:
    """Put what is HTML already aside; its place is marked."""

    def put_aside(match: re.Match[str]) -> str:
        kept.append(html_of(match))
        return f"\n\n{_OPEN}pre{len(kept) - 1}{_SHUT}\n\n"

    return put_aside


def _with_kept(html: str, kept: Sequence[str]) -> str:
    """The HTML with what was put aside in its places; a table may hold code that was put aside
    before it."""
    return _KEPT.sub(lambda place: _with_kept(kept[int(place[1])], kept), html)


def _html(text: str) -> str:
    text = _TERM.sub(r"\1\2: ]", _TARGET.sub("", _CITATION.sub("", text)))
    text = _QUANTITY.sub(_quantity, _UNSEEN.sub("", text))
    text = _RAISED.sub(f"{_OPEN}\\1{_SHUT}\\2{_OPEN}/\\1{_SHUT}", text)
    text = _REPLACED.sub(r"\1\\deleted{\2}", text)
    text = _LINK.sub(r"\1", _STRUCK.sub(f"{_OPEN}s{_SHUT}\\1{_OPEN}/s{_SHUT}", text))
    try:
        plain = _CONVERTER.latex_to_text(text, tolerant_parsing=True)
    except RecursionError:  # groups within groups without end
        plain = _CONVERTER.latex_to_text(_BRACES.sub(" ", text), tolerant_parsing=True)
    return escape(str(plain), quote=False).translate(_TO_HTML)


def _quantity(found: re.Match[str]) -> str:
    """A figure and the names of its units."""
    unit = _UNIT.sub(r" \1", found[2]).strip()
    return f"{found[1]}~{unit}"


def _said(text: str, macro: str) -> str:
    """The argument of a macro of the preamble, fit for an attribute."""
    found = re.search(rf"\\{macro}\s*(?:\[[^\]]*\])?{_ARGUMENT}", text)
    return (
        " ".join(_html(found[1].replace(r"\\", " ")).split()).replace('"', "&quot;")
        if found
        else ""
    )


def _code(match: re.Match[str]) -> str:
    lines = _TOKEN.sub(r"\1", match["lines"]).strip("\n")
    return f"<pre>{escape(lines, quote=False)}</pre>"


def _table(match: re.Match[str]) -> str:
    """What stands above the first rule within a table is its header."""
    lines = re.sub(rf"\A(?:\s|{_RULES.pattern})+", "", match["rows"])
    rule = _UNDER_HEADER.search(lines)
    header = _rows(lines[: rule.start()]) if rule else []
    body = _rows(lines[rule.end() :] if rule else lines)
    header, body = (header, body) if body else ([], header)
    html = [_row(row, "th") for row in header] + [_row(row, "td") for row in body]
    return f"<table>{''.join(html)}</table>"


def _rows(text: str) -> list[list[_Cell]]:
    """The rows, a cell that reaches over others in their place."""
    lines = [row for row in _pieces(_RULES.sub("", text), _ROW_END) if row.strip()]
    rows = [[_cell(cell) for cell in _pieces(line, _CELL_END)] for line in lines]
    for at, row in enumerate(rows):
        _lift(rows, at)
        _set_columns(row)
    for at, row in enumerate(rows):
        for cell in row:
            if cell.down > 1:
                cell.down = _cover(rows[at + 1 : at + cell.down], cell)
    return [[cell for cell in row if not cell.covered] for row in rows]


def _pieces(text: str, ends: re.Pattern[str]) -> list[str]:
    """The text in pieces between what matches outside of braces."""
    pieces: list[str] = []
    start = depth = 0
    for found in re.finditer(rf"\\[{{}}&%]|[{{}}]|(?P<end>{ends.pattern})", text):
        if found["end"] is None:
            depth += {"{": 1, "}": -1}.get(found[0], 0)
        elif depth <= 0:
            pieces.append(text[start : found.start()])
            start = found.end()
    return [*pieces, text[start:]]


def _cell(text: str) -> _Cell:
    across, down = _ACROSS.search(text), _DOWN.search(text)
    words = _DOWN.sub(r"\2", _ACROSS.sub(r"\2", text))
    return _Cell(words, int(across[1]) if across else 1, int(down[1]) if down else 1)


def _set_columns(row: Sequence[_Cell]) -> None:
    column = 0
    for cell in row:
        cell.column = column
        column += cell.across


def _lift(rows: Sequence[Sequence[_Cell]], at: int) -> None:
    """A cell may stand in the last row that it covers: put it into the first."""
    for cell in rows[at]:
        above = rows[max(0, at + 1 + cell.down) : at] if cell.down < -1 else ()
        free = [one for row in above for one in row if one.column == cell.column]
        if len(free) == len(above) > 0 and all(one.is_empty() for one in free):
            free[0].text, free[0].down = cell.text, -cell.down
            cell.text = ""
        cell.down = max(1, cell.down)


def _cover(below: Sequence[Sequence[_Cell]], over: _Cell) -> int:
    """Take the empty cells under a cell that reaches down to be its own. Returns how many rows it
    covers."""
    end = over.column + over.across
    for count, row in enumerate(below, 1):
        under = [cell for cell in row if over.column <= cell.column < end]
        if not all(cell.is_empty() and cell.column + cell.across <= end for cell in under):
            return count
        for cell in under:
            cell.covered = True
    return len(below) + 1


def _row(row: Sequence[_Cell], tag: str) -> str:
    cells = (
        f'<{tag} colspan="{cell.across}" rowspan="{cell.down}">{_html(cell.text)}</{tag}>'
        for cell in row
    )
    return f"<tr>{''.join(cells)}</tr>"


def _converter() -> Any:
    context = get_default_latex_context_db()
    macros = [
        MacroTextSpec(
            name, simplify_repl=f"\n\n{_OPEN}h{level}{_SHUT}%(3)s{_OPEN}/h{level}{_SHUT}\n\n"
        )
        for name, level in _HEADINGS.items()
    ]
    macros += [MacroTextSpec(name, simplify_repl="") for name in _NOTHING]
    macros.append(MacroTextSpec("footnote", simplify_repl=" (%(2)s)"))
    macros.append(MacroTextSpec("item", simplify_repl=f"{_OPEN}li{_SHUT}%(1)s "))
    macros.append(MacroTextSpec("\\", simplify_repl=" "))
    environments = [
        EnvironmentTextSpec(
            name, simplify_repl=f"\n\n{_OPEN}{tag}{_SHUT}%(body)s{_OPEN}/{tag}{_SHUT}\n\n"
        )
        for name, tag in _LISTS.items()
    ]
    context.add_context_category("own", prepend=True, macros=macros, environments=environments)
    return LatexNodes2Text(latex_context=context, math_mode="verbatim")


_CONVERTER = _converter()
