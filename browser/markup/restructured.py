"""reStructuredText to parts: headings by their underlines, wrapped lines joined, roles reduced to
their words, code as code, tables to rows.

Directives that say something give their text, those of layout nothing. Not here: inline markup
(`restructured_words.py`), tables (`restructured_tables.py`), what is included from other files.
"""

import re
from collections.abc import Iterator, Sequence

from browser.documents.parts import Part, join_lines
from browser.markup.restructured_tables import grid_rows, is_grid, list_rows, parted_rows, simple_rows
from browser.markup.restructured_words import Words, words_of

_CODE = frozenset("code code-block sourcecode parsed-literal prompt doctest testcode productionlist math".split())
_NOTHING = frozenset(
    """
    contents toctree index image figure include literalinclude currentmodule py:currentmodule module
    highlight raw meta default-domain default-role role sectionauthor codeauthor tabularcolumns
    sectnum program automodule autosummary
    """.split()
)
_TITLED = frozenset("admonition topic sidebar".split())
_BARE = frozenset(
    """
    note warning tip important caution danger hint attention error seealso todo container only
    glossary hlist epigraph highlights pull-quote compound table class centered
    """.split()
)
_VERSIONS = {
    "versionadded": "New in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
    "versionremoved": "Removed in version",
}
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*")
_EXPLICIT = re.compile(r"\.\.(?:\s+|$)")
_DIRECTIVE = re.compile(r"\.\.\s+(?:\|[^|]+\|\s+)?(?P<name>[A-Za-z][\w+.:-]*?)\s?::(?:\s+(?P<argument>.*))?$")
_FOOTNOTE = re.compile(r"\.\.\s+\[[^\]]+\]\s*(?P<text>.*)")
_OPTION = re.compile(r"\s*:[\w-]+:(?:\s|$)")
_BULLET = re.compile(r"(?P<mark>[-*+•])\s+(?=\S)")
_NUMBER = re.compile(r"(?P<mark>\(?(?:\d{1,3}|[A-Za-z#])[.)])\s+(?=\S)")
_FIELD = re.compile(r":(?P<name>[^:`\s][^:`]*):(?:\s+(?P<text>.*))?$")
_NAME = re.compile(r"`[^`]+`(?: \([^()]*\))?")
_SIMPLE_RULE = re.compile(r"=+(?:\s+=+)+\s*")


def parts_of_restructured(text: str) -> list[Part]:
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(8).split("\n")]
    return list(_Reader(words_of(lines)).read(lines))


class _Reader:
    """Reads one document: it knows the kinds of underline met so far, each of which is a level."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._levels: list[tuple[str, bool]] = []

    def read(self, lines: Sequence[str]) -> Iterator[Part]:
        """The parts of a block of lines whose indentation is taken off."""
        place = 0
        while place < len(lines):
            if not lines[place]:
                place += 1
                continue
            place, parts = self._block(lines, place)
            yield from parts

    def _block(self, lines: Sequence[str], place: int) -> tuple[int, list[Part]]:
        """One block, and where the next begins."""
        line = lines[place]
        if line[0] == " ":
            end = _end_of_indented(lines, place)
            return end, list(self.read(_dedented(lines[place:end])))
        if heading := self._heading(lines, place):
            return heading
        if _is_table(lines, place):
            return self._table(lines, place)
        if _ADORNMENT.fullmatch(line):
            return place + 1, []
        if _EXPLICIT.match(line):
            end = _end_of_indented(lines, place + 1)
            return end, self._explicit(line, lines[place + 1 : end])
        if line.startswith(">>> "):
            end = _end_of_paragraph(lines, place)
            return end, [Part("\n".join(lines[place:end]), "code")]
        if marked := _marked(lines, place):
            return self._item(lines, place, marked)
        if field := _FIELD.match(line):
            end = _end_of_indented(lines, place + 1)
            return end, self._led(field["name"], field["text"] or "", lines[place + 1 : end]) if field["text"] else []
        return self._paragraph(lines, place)

    # Headings

    def _heading(self, lines: Sequence[str], place: int) -> tuple[int, list[Part]] | None:
        over = _ADORNMENT.fullmatch(lines[place])
        text = place + 1 if over else place
        if text + 1 >= len(lines) or not lines[text].strip() or not _ADORNMENT.fullmatch(lines[text + 1]):
            return None
        mark, size = lines[text + 1][0], len(lines[text + 1])
        if over and over[1] != mark:
            return None
        if _ADORNMENT.fullmatch(lines[text]) or size < min(4, len(lines[text].strip())):
            return None
        style = (mark, bool(over))
        if style not in self._levels:
            self._levels.append(style)
        level = min(6, 1 + self._levels.index(style))
        return text + 2, [Part(self._words(lines[text].strip()).replace("`", ""), "heading", level)]

    # What begins with two dots

    def _explicit(self, line: str, below: Sequence[str]) -> list[Part]:
        """A directive or a footnote; comments and targets give nothing."""
        if directive := _DIRECTIVE.match(line):
            return self._directive(directive["name"].lower(), (directive["argument"] or "").strip(), below)
        if footnote := _FOOTNOTE.match(line):
            return list(self.read([footnote["text"], *_dedented(below)]))
        return []

    def _directive(self, name: str, argument: str, below: Sequence[str]) -> list[Part]:
        if name in _NOTHING or "|" in name:
            return []
        argument, body = _argument_and_body(argument, _dedented(below))
        plain = name.removeprefix("py:")
        if plain in _CODE:
            code = "\n".join(body).strip("\n")
            return [Part(code, "code")] if code.strip() else []
        if plain in _VERSIONS:
            return self._version(f"{_VERSIONS[plain]} {argument}".strip(), body)
        if plain == "list-table":
            return list_rows(body, self._words)
        if plain == "csv-table":
            return parted_rows(body, self._words)
        if plain in _TITLED:
            return self._led(argument, "", body)
        if plain in _BARE:
            return list(self.read([argument, *body]))
        if plain == "rubric":
            return [Part(self._words(argument))]
        return self._described(plain, argument, body)

    def _version(self, said: str, body: Sequence[str]) -> list[Part]:
        """`Changed in version 5.2: …` where something is said of it."""
        version, _, rest = said.partition(" version ")
        number, _, text = rest.partition(" ")
        return self._led(f"{version} version {number}", text, body)

    def _described(self, name: str, argument: str, body: Sequence[str]) -> list[Part]:
        """What a directive describes, a method or a setting, before what it says of it. One that
        says nothing only marks a place."""
        if not any(body):
            return []
        if name.startswith("auto") or not argument:
            return list(self.read(body))
        return self._led(f"`{argument}`", "", body, plain=True)

    def _led(self, name: str, text: str, body: Sequence[str], *, plain: bool = False) -> list[Part]:
        """A name and what is said under it: the first paragraph goes on where the name ends."""
        lead = name if plain else self._words(name)
        inner = list(self.read([*([text] if text else []), *_dedented(body)]))
        if inner and inner[0].kind == "paragraph" and lead and not inner[0].text.startswith(("- ", "#")):
            gap = " " if lead[-1] in ":.!?" else ": "
            return [Part(f"{lead}{gap}{inner[0].text}"), *inner[1:]]
        return [*([Part(lead)] if lead else []), *inner]

    # Lists, paragraphs and tables

    def _item(self, lines: Sequence[str], place: int, marked: re.Match[str]) -> tuple[int, list[Part]]:
        end = place + 1
        while end < len(lines) and (not lines[end] or lines[end].startswith(" ")):
            end += 1
        inner = list(self.read([lines[place][marked.end() :], *_dedented(lines[place + 1 : end])]))
        mark = "-" if marked["mark"] in "-*+•" else marked["mark"]
        if len(inner) > 1 and inner[0].kind == inner[1].kind == "paragraph" and _NAME.fullmatch(inner[0].text):
            inner[:2] = [Part(f"{inner[0].text}: {inner[1].text}")]
        if inner and inner[0].kind == "paragraph":
            inner[0] = Part(f"{mark} {inner[0].text}")
        return end, inner

    def _paragraph(self, lines: Sequence[str], place: int) -> tuple[int, list[Part]]:
        end = _end_of_paragraph(lines, place)
        own = [line for line in lines[place:end]]
        if end < len(lines) and lines[end].startswith(" ") and len(own) == 1 and not own[0].endswith("::"):
            after = _end_of_indented(lines, end)
            return after, self._led(own[0], "", lines[end:after])
        text = join_lines(own)
        if not text.endswith("::"):
            return end, [Part(self._words(text))]
        said = self._words(text[:-1] if text[:-2].strip() and not text.endswith(" ::") else text[:-2])
        parts = [Part(said)] if said.strip() else []
        after = _end_of_indented(lines, end)
        code = "\n".join(_dedented(lines[end:after])).strip("\n")
        return after, [*parts, *([Part(code, "code")] if code.strip() else [])]

    def _table(self, lines: Sequence[str], place: int) -> tuple[int, list[Part]]:
        if is_grid(lines[place]):
            end = _end_of_paragraph(lines, place, anything=True)
            return end, grid_rows(lines[place:end], self._words)
        end = place + 1
        rules = 1
        while end < len(lines) and not (rules > 1 and not lines[end]):
            rules += bool(_SIMPLE_RULE.fullmatch(lines[end]))
            end += 1
        return end, simple_rows(lines[place:end], self._words)


def _is_table(lines: Sequence[str], place: int) -> bool:
    return is_grid(lines[place]) or bool(_SIMPLE_RULE.fullmatch(lines[place]))


def _marked(lines: Sequence[str], place: int) -> re.Match[str] | None:
    """A list item's mark. After a number or a letter the text must be indented: "A. Keeper wrote"
    may begin a paragraph."""
    line = lines[place]
    if bullet := _BULLET.match(line):
        return bullet
    number = _NUMBER.match(line)
    below = lines[place + 1] if place + 1 < len(lines) else ""
    return number if number and (not below or below[0] == " " or _NUMBER.match(below)) else None


def _end_of_indented(lines: Sequence[str], place: int) -> int:
    """Where the lines end that are indented, with the empty ones among them."""
    end = place
    while end < len(lines) and (not lines[end] or lines[end].startswith(" ")):
        end += 1
    while end > place and not lines[end - 1]:
        end -= 1
    return end


def _end_of_paragraph(lines: Sequence[str], place: int, *, anything: bool = False) -> int:
    end = place + 1
    while end < len(lines) and lines[end] and (anything or not _begins_another(lines, end)):
        end += 1
    return end


def _begins_another(lines: Sequence[str], place: int) -> bool:
    line = lines[place]
    return line.startswith(" ") or bool(_DIRECTIVE.match(line))


def _dedented(lines: Sequence[str]) -> list[str]:
    """Without the indentation that all have."""
    margin = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return [line[margin:] for line in lines]


def _argument_and_body(argument: str, body: list[str]) -> tuple[str, list[str]]:
    """The argument with the lines that go on with it, and the body without options."""
    while body and body[0] and _OPTION.match(body[0]):
        body = body[1:]
        while body and body[0].startswith(" "):
            body = body[1:]
    return argument, body
