"""Inline markup of reStructuredText reduced to its words. Pure."""

import re
from collections.abc import Callable, Iterable

Words = Callable[[str], str]

# Roles whose text is prose; that of all others is a name in a program, and stands in backticks.
_PROSE = frozenset(
    """
    ref doc term pep rfc abbr download numref any guilabel menuselection sub subscript sup superscript
    dfn emphasis strong title-reference title keyword issue pr user pypi sig manpage
    """.split()
)
_TARGET = re.compile(r"\s*\.\.\s+_(?:`(?P<quoted>[^`]+)`|(?P<name>[^:]+)):(?:\s|$)")
_SUBSTITUTE = re.compile(r"\s*\.\.\s+\|(?P<name>[^|]+)\|\s+replace::\s+(?P<text>.+)")
_INLINE = re.compile(
    r"\\(?P<escaped>.)"
    r"|``(?P<literal>.+?)``(?!`)"
    r"|(?<![\w:]):(?P<role>[A-Za-z][\w.+-]*(?::[A-Za-z][\w.+-]*)*):`(?P<roled>[^`]+)`"
    r"|_?`(?P<quoted>[^`]+)`(?P<link>__?)?(?!\w)"
    r"|\*\*(?P<strong>\S(?:[^*]*\S)?)\*\*"
    r"|(?<![\w*])\*(?P<emphasis>[^\s*](?:[^*]*[^\s*])?)\*(?![\w*])"
    r"|(?<!\w)\|(?P<substituted>[^|\s](?:[^|]*[^|\s])?)\|(?:_|(?!\w))"
    r"|(?<=\])_(?!\w)"
    r"|(?<![\w`])(?P<named>[A-Za-z0-9](?:[\w.+-]*[A-Za-z0-9])?)__?(?![\w`])",
    re.DOTALL,
)
_TITLED = re.compile(r"(?P<title>.+?)\s*<(?P<target>[^<>]+)>", re.DOTALL)


def words_of(lines: Iterable[str]) -> Words:
    """How the text of a document with these lines is reduced: it says which names are links, and
    what stands for what."""
    targets: set[str] = set()
    texts: dict[str, str] = {}
    for line in lines:
        if target := _TARGET.match(line):
            targets.add((target["quoted"] or target["name"]).strip().lower())
        elif substitute := _SUBSTITUTE.match(line):
            texts[substitute["name"]] = substitute["text"].strip()

    def reduced(match: re.Match[str]) -> str:
        kind = match.lastgroup
        if kind == "named":
            return match["named"] if match["named"].lower() in targets else match[0]
        if kind == "substituted":
            return texts.get(match["substituted"], match["substituted"])
        if kind == "escaped":
            return match["escaped"].strip()
        return _reduced(match)

    return lambda text: _INLINE.sub(reduced, text)


def _reduced(match: re.Match[str]) -> str:
    if match["literal"]:
        return f"`{match['literal']}`"
    if match["role"]:
        return _of_role(match["role"], match["roled"])
    if match["quoted"]:
        return _title(match["quoted"]) if match["link"] else f"`{match['quoted']}`"
    return match["strong"] or match["emphasis"] or ""


def _of_role(role: str, text: str) -> str:
    titled = _TITLED.fullmatch(text)
    said = titled["title"] if titled else _short(text.lstrip("!"))
    return said if role.rpartition(":")[2] in _PROSE else f"`{said}`"


def _short(text: str) -> str:
    """`~package.module.Name` is Name."""
    text = text.rpartition(".")[2] if text.startswith("~") else text
    return text.lstrip("~@")


def _title(text: str) -> str:
    titled = _TITLED.fullmatch(text)
    return titled["title"] if titled else text.strip("<>")
