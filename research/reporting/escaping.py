"""Plain text written down so that Markdown shows it as it is, with a backslash only where
CommonMark or GitHub's tables, strikethrough and autolinks would read something else.

What cannot be told from the text alone, at its edges, is escaped. Pure."""

import re
import unicodedata
from html.entities import html5

_SPECIAL = re.compile(r"[\\`\[\]<&]|\*+|_+|~+|://|(?i:\bwww\.)")
_ENTITY = re.compile(r"&(?:#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|([A-Za-z0-9]+;))")
_NUMBER = re.compile(r"\[\d+\]")
_OPENING = re.compile(
    r"\d{1,9}(?=[.)](?: |$))|(?=[>|]|\[|#{1,6}(?: |$)|[+-](?: |$)|-(?: *-){2,} *$)"
)
_ASCII = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def escape(text: str, *, opening: bool = True, table: bool = False, label: bool = False) -> str:
    """Text on one line as Markdown. `opening`: it begins a line; `table`: it stands in a cell;
    `label`: within the brackets of a link."""
    text = re.sub(r"\s+", " ", text.lstrip() if opening else text)
    escaped = _SPECIAL.sub(lambda found: _written(found, label), text)
    if table:
        escaped = escaped.replace("|", "\\|")
    return opened(escaped) if opening else escaped


def _written(found: re.Match[str], label: bool) -> str:
    token, before, after = (
        found[0],
        _char(found.string, found.start() - 1),
        _char(found.string, found.end()),
    )
    if token == "://":
        return ":\\//"
    if token.endswith("."):
        return token[:-1] + "\\."
    if token[0] in "*_~":
        return token if _is_plain_run(token, before, after) else "\\" + "\\".join(token)
    return "\\" + token if _needs(token, after, found, label) else token


def _char(text: str, place: int) -> str:
    return text[place] if 0 <= place < len(text) else ""


def _is_plain_run(run: str, before: str, after: str) -> bool:
    """Whether a run can begin and end nothing: white space on both sides, `_` within a word, one
    `~` that ends no struck words."""
    if before == after == " ":
        return True
    if run[0] == "_":
        return before.isalnum() and after.isalnum()
    return run == "~" and (
        before == " " or (before != "" and _is_punctuation(before) and after.isalnum())
    )


def _needs(token: str, after: str, found: re.Match[str], label: bool) -> bool:
    text, at = found.string, found.start()
    if token == "\\":
        return after in _ASCII or not after
    if token == "<":
        return not after or after.isalpha() or after in "/!?"
    if token == "&":
        entity = _ENTITY.match(text, at)
        return entity is not None and (entity[1] is None or entity[1] in html5)
    if token == "[":
        return label or _NUMBER.match(text, at) is not None
    if token == "]":
        opened = text.rfind("[", 0, at)
        return (
            label
            or after == "("
            or (opened >= 0 and _NUMBER.fullmatch(text, opened, at + 1) is not None)
        )
    return True  # a backtick


def opened(text: str) -> str:
    """Escaped text at the start of a line: no heading, quote, list, rule, definition or box to
    tick."""
    before = _OPENING.match(text)
    return text[: before.end()] + "\\" + text[before.end() :] if before else text


def code(text: str, *, table: bool = False) -> str:
    """A span of code, its fence longer than any run of backticks in it."""
    text = re.sub(r"\s+", " ", text)
    if table and "\\|" in text:
        return escape(text, opening=False, table=True)  # no span of code in a cell can hold it
    if table:
        text = text.replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    padded = (
        text.startswith("`")
        or text.endswith("`")
        or (text.startswith(" ") and text.endswith(" ") and text.strip())
    )
    return f"{fence} {text} {fence}" if padded else f"{fence}{text}{fence}"


def strong(inner: str, before: str, after: str) -> str:
    """Markdown in strong type between the characters around it, '' for a line's ends. Where `**`
    would not be read so, it stays plain."""
    if not inner.strip() or "*" in (before, after):
        return inner
    opens = not inner[0].isspace() and (not _is_punctuation(inner[0]) or _is_apart(before))
    closes = not inner[-1].isspace() and (not _is_punctuation(inner[-1]) or _is_apart(after))
    return f"**{inner}**" if opens and closes else inner


def _is_apart(char: str) -> bool:
    """White space, a line's end or punctuation by every version of CommonMark."""
    return (
        not char or char.isspace() or char in _ASCII or unicodedata.category(char).startswith("P")
    )


def _is_punctuation(char: str) -> bool:
    """Punctuation or, as the newer versions of CommonMark have it, a symbol."""
    return char in _ASCII or unicodedata.category(char)[0] in "PS"
