"""Plain text written down so that Markdown shows it as it is, with a backslash only where
CommonMark or GitHub's tables, strikethrough and autolinks would read something else.

What cannot be told from the text alone, at its edges, is escaped. Pure."""

import re
import unicodedata
from html import unescape
from urllib.parse import unquote

# A number in brackets is a citation's alone, and what follows a bracket may make a link of it.
_SPECIAL = re.compile(r"\[\d+\]|\](?=\()|[\\`<&]|\*+|_+|~+|://|(?i:\bwww\.)")
_OPENING = re.compile(
    r"\d{1,9}(?=[.)](?: |$))|(?=[>|]|\[|#{1,6}(?: |$)|[+-](?: |$)|-(?: *-){2,} *$)"
)
_ASCII = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_ON_ONE_LINE = str.maketrans(dict.fromkeys("\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029", " "))
_LONGEST_ENTITY = 32  # characters after its sign


def escape(text: str, *, opening: bool = False, table: bool = False) -> str:
    """Text on one line as Markdown. `opening`: it begins a line; `table`: it stands in a cell."""
    text = (text.lstrip() if opening else text).translate(_ON_ONE_LINE)
    escaped = _SPECIAL.sub(_written, text)
    if table:
        escaped = escaped.replace("|", "\\|")
    return opened(escaped) if opening else escaped


def readable(url: str) -> str:
    """An address whose percent signs stand for letters, with the letters; as it is where one of
    them cannot be seen."""
    decoded = unquote(url)
    return decoded if decoded.isprintable() and "\ufffd" not in decoded else url


def _written(found: re.Match[str]) -> str:
    token, text = found[0], found.string
    before, rest = text[: found.start()][-1:], text[found.end() :][:_LONGEST_ENTITY]
    if token == "://":
        return ":\\//"
    if token.endswith("."):
        return token[:-1] + "\\."
    if token[0] in "*_~":
        return token if _is_plain_run(token, before, rest[:1]) else "\\" + "\\".join(token)
    if token[0] == "[":
        return f"\\[{token[1:-1]}\\]"
    return "\\" + token if _needs(token, rest) else token


def _is_plain_run(run: str, before: str, after: str) -> bool:
    """Whether a run can begin and end nothing: white space on both sides, `_` within a word, one
    `~` that ends no struck words."""
    if before == after == " ":
        return len(run) < 4  # more look like the two ends of strong words
    if run[0] == "_":
        return before.isalnum() and after.isalnum()
    return run == "~" and (
        before == " " or (before != "" and _is_punctuation(before) and after.isalnum())
    )


def _needs(token: str, rest: str) -> bool:
    """Whether a token before the rest of a text would be read as markup."""
    after = rest[:1]
    if token == "\\":
        return after in _ASCII or not after
    if token == "<":
        return after.isalpha() or after in "/!?"
    if token == "&":
        name, end, _ = rest.partition(";")
        entity = f"&{name};"
        return bool(end) and " " not in name and unescape(entity) != entity
    return True  # a backtick, a bracket before an address


def opened(text: str) -> str:
    """Escaped text at the start of a line: no heading, quote, list, rule, definition or box to
    tick."""
    before = _OPENING.match(text)
    return text[: before.end()] + "\\" + text[before.end() :] if before else text


def code(text: str, *, table: bool = False) -> str:
    """A span of code, its fence longer than any run of backticks in it."""
    text = text.translate(_ON_ONE_LINE)
    if table and "\\|" in text:
        return escape(text, table=True)  # no span of code in a cell can hold it
    if table:
        text = text.replace("|", "\\|")
    fence = "`"
    while fence in text:
        fence += "`"
    is_spaced = text.startswith(" ") and text.endswith(" ") and text.strip()
    padding = " " if is_spaced or "`" in (text[:1], text[-1:]) else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def strong(inner: str, before: str, after: str) -> str:
    """Markdown in strong type between the characters around it, '' for a line's ends. Where `**`
    would not be read so, it stays plain."""
    if not inner or "*" in (before, after):
        return inner
    edges = ((inner[0], before), (inner[-1], after))
    is_read = all(
        not inside.isspace() and (not _is_punctuation(inside) or _is_apart(outside))
        for inside, outside in edges
    )
    return f"**{inner}**" if is_read else inner


def _is_apart(char: str) -> bool:
    """White space, a line's end or punctuation by every version of CommonMark."""
    return (
        not char or char.isspace() or char in _ASCII or unicodedata.category(char).startswith("P")
    )


def _is_punctuation(char: str) -> bool:
    """Punctuation or, as the newer versions of CommonMark have it, a symbol."""
    return char in _ASCII or unicodedata.category(char)[0] in "PS"
