"""Tables in Markdown that CommonMark's dialects do not see, for markdown-it.

Pipe tables whose rows have other numbers of cells than their rule, that have no rule, or that stand
with empty lines between their rows; grids of `+---+`; columns under lines of `---   ---`; HTML
tables that are indented. Not here: regular
pipe tables (markdown-it's own rule).
"""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit

_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_GRID = re.compile(r"\+(?:[-=:]+\+)+")
_UNDERLINES = re.compile(r"-{2,}(?:[ ]+-{2,})+")
_OPENS = re.compile(r"<(table|div|details|section|center|dl)\b", re.IGNORECASE)
_ATOM = re.compile(r"`[^`]+`|\[\[[^\[\]]+\]\]|\[[^\[\]]*\]\([^()]*\)")
_LONGEST_HTML = 2_000  # lines
_ALT: RuleOptionsType = {"alt": ["paragraph", "reference"]}


def tables_plugin(parser: MarkdownIt) -> None:
    parser.block.ruler.before("code", "indented_html", _indented_html)
    parser.block.ruler.before("table", "loose_table", _loose_table, _ALT)
    parser.block.ruler.before("table", "grid_table", _grid_table, _ALT)
    parser.block.ruler.before("table", "underlined_table", _underlined_table, _ALT)


def _loose_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start) or "|" not in _line(state, start):
        return False
    if not _may_begin_table(state, start, end):
        return False
    lines, after = _pipe_lines(state, start, end)
    rules = [place for place, line in enumerate(lines[:2]) if _RULE.fullmatch(line) and "-" in line]
    framed = all(line.startswith("|") for line in lines)
    if len(lines) < 2 or not (rules or framed):
        return False
    rows = [_cells(line) for line in lines]
    header = 1 if rules[:1] == [1] else 0
    if header and "|" not in lines[1] and len(rows[0]) > 2:
        return False  # an underlined heading with a pipe in it
    ended = after >= end or not _line(state, after)  # else the next line would be a row of one cell
    regular = header and ended and after == start + len(lines) and len(set(map(len, rows))) == 1
    if regular:
        return False
    if silent:
        return True
    width = len(rows[0])
    rows = [
        row if len(row) <= width else _cells(_guarded(line))
        for row, line in zip(rows, lines, strict=True)
    ]
    kept = [row for place, row in enumerate(rows) if place not in rules]
    _push(state, start, after, _table(state, kept, header))
    return True


def _may_begin_table(state: StateBlock, start: int, end: int) -> bool:
    """By its first lines alone, as paragraphs ask at each of theirs."""
    near = [_line(state, place) for place in range(start, min(start + 3, end))]
    ruled = any(_RULE.fullmatch(line) and "-" in line for line in near)
    return ruled or all(line.startswith("|") for line in near if line)


def _pipe_lines(state: StateBlock, start: int, end: int) -> tuple[list[str], int]:
    """The lines of a table, and the number of the line after it. Where the second line is empty,
    all rows are parted so."""
    step = 2 if start + 2 < end and not _line(state, start + 1) and _framed(state, start + 2) else 1
    step = step if _framed(state, start) else 1
    lines = [_line(state, start)]
    place = start + step
    while place < end and state.sCount[place] >= state.blkIndent and "|" in _line(state, place):
        if step == 2 and _line(state, place - 1):
            break
        lines.append(_line(state, place))
        place += step
    return lines, min(place - step + 1, end)


def _framed(state: StateBlock, number: int) -> bool:
    line = _line(state, number)
    return line.startswith("|") and line.endswith("|") and len(line) > 2


def _line(state: StateBlock, number: int) -> str:
    return str(
        state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
    ).strip()


def _guarded(line: str) -> str:
    """A line whose pipes within code and links part no cells."""
    return _ATOM.sub(lambda atom: re.sub(r"(?<!\\)\|", r"\\|", atom[0]), line)


def _cells(line: str) -> list[str]:
    cells = [cell.strip() for cell in escapedSplit(line)]
    if not cells[0]:
        cells = cells[1:]
    if cells and not cells[-1] and line.endswith("|"):
        cells = cells[:-1]
    return cells


def _table(state: StateBlock, rows: Sequence[Sequence[str]], header: int) -> str:
    """HTML whose first `header` rows name the columns."""
    html = ["<table>"]
    for number, row in enumerate(rows):
        tag = "th" if number < header else "td"
        cells = [f"<{tag}>{state.md.renderInline(cell, state.env)}</{tag}>" for cell in row]
        html.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*html, "</table>\n"])


def _grid_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start) or not _GRID.fullmatch(_line(state, start)):
        return False
    after = start + 1
    while after < end and _line(state, after)[:1] in ("+", "|") and _line(state, after):
        after += 1
    if after - start < 3:
        return False
    if silent:
        return True
    lines = [_line(state, place) for place in range(start, after)]
    lines = [line.replace(":", "-") if _GRID.fullmatch(line) else line for line in lines]
    from browser.markup.restructured import html_of_restructured

    _push(state, start, after, html_of_restructured("\n".join(lines)))
    return True


def _underlined_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Names, a line of dashes under each of them, and rows down to the next empty line or rule."""
    if (
        start + 2 >= end
        or not _line(state, start)
        or not _UNDERLINES.fullmatch(_line(state, start + 1))
    ):
        return False
    if silent:
        return True
    rule = _written(state, start + 1)
    columns = [dashes.start() for dashes in re.finditer("-+", rule)]
    after = start + 2
    while after < end and _line(state, after) and not _UNDERLINES.fullmatch(_line(state, after)):
        after += 1
    numbers = [start, *range(start + 2, after)]
    rows = [_cut(_written(state, number), columns) for number in numbers]
    ends_with_rule = after < end and bool(_line(state, after))
    _push(state, start, after + ends_with_rule, _table(state, rows, 1))
    return True


def _written(state: StateBlock, number: int) -> str:
    """A line with its indentation within the block around it."""
    return str(state.src[state.bMarks[number] : state.eMarks[number]])


def _cut(line: str, columns: Sequence[int]) -> list[str]:
    """A line in the cells that begin at the columns; a word that begins before its column is in the
    column that holds its end."""
    starts = [0, *columns[1:]]
    for at in range(1, len(starts)):
        while (
            0 < starts[at] < len(line)
            and not line[starts[at] - 1].isspace()
            and line[starts[at]] != " "
        ):
            starts[at] -= 1
    return [
        line[left:right].strip() for left, right in zip(starts, [*starts[1:], None], strict=True)
    ]


def _indented_html(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read what stands within an HTML block without its indentation, which is none of code."""
    opening = _OPENS.match(_line(state, start))
    if not opening or state.is_code_block(start) or silent:
        return False
    after = _end_of(opening[1].lower(), state, start, end)
    lines = [_line(state, place) for place in range(start, after)]
    if not any(state.is_code_block(place) for place in range(start, after)) or "" not in lines:
        return False
    if any("<pre" in line.lower() or line.startswith("```") for line in lines):
        return False
    state.md.block.parse("\n".join(lines) + "\n\n", state.md, state.env, state.tokens)
    state.line = after
    return True


def _end_of(tag: str, state: StateBlock, start: int, end: int) -> int:
    """The line after that which closes the element; the next one where nothing does."""
    depth = 0
    for place in range(start, min(end, start + _LONGEST_HTML)):
        line = _line(state, place).lower()
        depth += len(re.findall(rf"<{tag}\b", line)) - line.count(f"</{tag}")
        if depth <= 0:
            return place + 1
    return start + 1


def _push(state: StateBlock, start: int, after: int, html: str) -> None:
    token = state.push("html_block", "", 0)
    token.map = [start, after]
    token.content = html
    state.line = after
