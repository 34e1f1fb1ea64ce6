"""LaTeX to HTML, by `pylatexenc`, for the one reader of trees: headings, lists, tables, notes; formulas
stay TeX. Pure.

Not here: macros that a document defines (their arguments are read), what other files hold.
"""

import re
from collections.abc import Callable
from html import escape
from typing import Any

from pylatexenc.latex2text import (
    EnvironmentTextSpec,
    LatexNodes2Text,
    MacroTextSpec,
    get_default_latex_context_db,
)

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
    label cite citep citet citealp autocite parencite ref eqref cref pageref index vspace hspace bibliography
    bibliographystyle includegraphics input include maketitle title author date
""".split()
_LISTS = {"itemize": "ul", "enumerate": "ol", "description": "ul"}

_ARGUMENT = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|\Z)", re.DOTALL)
_CODE = re.compile(
    r"\\begin\{(verbatim|Verbatim|BVerbatim|Highlighting|lstlisting|minted)\}(?:\[[^\]]*\])?(?:\{[^}]*\})?(?P<lines>.*?)\\end\{\1\}",
    re.DOTALL,
)
_TABLE = re.compile(
    r"\\begin\{(tabular|tabular\*|tabularx|longtable|tabulary)\}(?:\[[^\]]*\])?"
    rf"(?:\s*{_ARGUMENT}){{1,2}}(?P<rows>.*?)\\end\{{\1\}}",
    re.DOTALL,
)
_COMMENT = re.compile(r"(?<!\\)%.*")
_RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot)\b"
    r"|\\c(?:line|midrule)(?:\([^)]*\))?\{[^}]*\}"
)
_ROW_END = re.compile(r"\\\\\s*(?:\[[^\]]*\])?|\\tabularnewline")
_CELL_END = re.compile(r"(?<!\\)&")
_ACROSS = re.compile(rf"\\multicolumn\s*\{{(\d{{1,3}})\}}\s*\{{[^{{}}]*\}}\s*{_ARGUMENT}")
_DOWN = re.compile(rf"\\multirow\s*(?:\[[^\]]*\])?\{{(\d{{1,3}})\}}\s*\{{[^{{}}]*\}}\s*{_ARGUMENT}")
_STRUCK = re.compile(rf"\\(?:sout|st|xout|deleted|DIFdel)\s*{_ARGUMENT}")
_QUANTITY = re.compile(rf"\\(?:SI|qty)\s*(?:\[[^\]]*\])?{_ARGUMENT}\s*{_ARGUMENT}")
_UNIT = re.compile(r"\\([A-Za-z]+)\s*")
_LINK = re.compile(rf"\\href\s*\{{[^{{}}]*\}}\s*{_ARGUMENT}")
_CITATION = re.compile(r"[~ ]*\\[a-z]*cite[a-z]*\*?(?:\[[^\]]*\])*\{[^{}]*\}")
_UNDER_HEADER = re.compile(r"\\(?:midrule|hline|endhead|endfirsthead)\b")
_TOKEN = re.compile(r"\\[A-Za-z]+Tok\{([^{}]*)\}")  # what colours code
_TARGET = re.compile(r"\\hypertarget\s*\{[^{}]*\}")
_TERM = re.compile(r"(\\item\s*\[)((?:[^\[\]{}]|\{[^{}]*\})*?):?\s*\]")
_PARAGRAPH = re.compile(r"\n\s*\n")
_BLOCK = re.compile(r"\s*<(?:h\d|table|ul|ol|pre)")


def html_of_tex(text: str) -> str:
    text = _OWN.sub("", text)
    kept: list[str] = []
    text = _CODE.sub(_keep(kept, _code), text)
    text = _COMMENT.sub("", text)
    title, author, day = (_said(text, macro) for macro in ("title", "author", "date"))
    body = _DOCUMENT.search(text)
    text = _TABLE.sub(_keep(kept, _table), body[1] if body else text)
    blocks = _PARAGRAPH.split(_html(text))
    html = "\n".join(block if _BLOCK.match(block) else f"<p>{block}</p>" for block in blocks)
    for number, block in enumerate(kept):
        html = html.replace(f"<pre{number}>", block)
    heading = f"<h1>{title}</h1>" if title else ""
    facts = f'<title>{title}</title><meta name="author" content="{author}"><meta name="date" content="{day}">'
    return f"<head>{facts}</head>{heading}{html}"


def _keep(kept: list[str], html_of: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
    """Put what is HTML already aside; its place is marked."""

    def put_aside(match: re.Match[str]) -> str:
        kept.append(html_of(match))
        return f"\n\n{_OPEN}pre{len(kept) - 1}{_SHUT}\n\n"

    return put_aside


def _html(text: str) -> str:
    text = _TERM.sub(r"\1\2: ]", _TARGET.sub("", _CITATION.sub("", text)))
    text = _QUANTITY.sub(_quantity, text)
    text = _LINK.sub(r"\1", _STRUCK.sub(f"{_OPEN}s{_SHUT}\\1{_OPEN}/s{_SHUT}", text))
    plain = _CONVERTER.latex_to_text(text, tolerant_parsing=True)
    return escape(str(plain), quote=False).translate(_TO_HTML)


def _quantity(found: re.Match[str]) -> str:
    """A figure and the names of its units."""
    unit = _UNIT.sub(r" \1", found[2]).strip()
    return f"{found[1]}~{unit}"


def _said(text: str, macro: str) -> str:
    """The argument of a macro of the preamble, fit for an attribute."""
    found = re.search(rf"\\{macro}\s*(?:\[[^\]]*\])?{_ARGUMENT}", text)
    return " ".join(_html(found[1].replace(r"\\", " ")).split()).replace('"', "&quot;") if found else ""


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


def _rows(text: str) -> list[str]:
    return [row for row in _ROW_END.split(_RULES.sub("", text)) if row.strip()]


def _row(row: str, tag: str) -> str:
    return f"<tr>{''.join(_cell(cell, tag) for cell in _CELL_END.split(row))}</tr>"


def _cell(cell: str, tag: str) -> str:
    across, down = _ACROSS.search(cell), _DOWN.search(cell)
    spans = f' colspan="{across[1]}"' if across else ""
    spans += f' rowspan="{down[1]}"' if down else ""
    words = _html(_DOWN.sub(r"\2", _ACROSS.sub(r"\2", cell)))
    return f"<{tag}{spans}>{words}</{tag}>"


def _converter() -> Any:
    context = get_default_latex_context_db()
    macros = [
        MacroTextSpec(name, simplify_repl=f"\n\n{_OPEN}h{level}{_SHUT}%(3)s{_OPEN}/h{level}{_SHUT}\n\n")
        for name, level in _HEADINGS.items()
    ]
    macros += [MacroTextSpec(name, simplify_repl="") for name in _NOTHING]
    macros.append(MacroTextSpec("footnote", simplify_repl=" (%(2)s)"))
    macros.append(MacroTextSpec("item", simplify_repl=f"{_OPEN}li{_SHUT}%(1)s "))
    macros.append(MacroTextSpec("\\", simplify_repl=" "))
    environments = [
        EnvironmentTextSpec(name, simplify_repl=f"\n\n{_OPEN}{tag}{_SHUT}%(body)s{_OPEN}/{tag}{_SHUT}\n\n") for name, tag in _LISTS.items()
    ]
    context.add_context_category("own", prepend=True, macros=macros, environments=environments)
    return LatexNodes2Text(latex_context=context, math_mode="verbatim")


_CONVERTER = _converter()
