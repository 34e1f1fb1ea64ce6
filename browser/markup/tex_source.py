"""LaTeX as its author set it: what is commented out is gone, what the document defines is written
out. Pure.

Conditions that TeX would have to compute stay as they are, with all their branches. Not here: what
other files and packages define; from LaTeX to HTML (`tex.py`).
"""

import re
from dataclasses import dataclass

_MOST = 500_000  # characters that macros may stand for
_LONGEST = 20_000  # characters of an argument
_DEEPEST = 20  # macros within macros
_MOST_UNCLOSED = 50
_ENVIRONMENT = r"\\begin\{{({names})\}}.*?(?:\\end\{{\1\}}|\Z)"
_EXCLUDED = re.compile(r"\\excludecomment\s*\{([A-Za-z*]+)\}")
_CONDITION = re.compile(
    r"\\newif\s*\\if(?P<new>[A-Za-z]+)"
    r"|\\(?:(?P<word>if[A-Za-z]*|else|fi)|(?P<switch>[A-Za-z]+?)(?P<on>true|false))(?![A-Za-z])[^\S\n]*"
)
_COMMAND = re.compile(
    r"\\(?P<kind>(?:re)?newcommand|providecommand|DeclareRobustCommand)\*?\s*"
    r"(?:\{\s*\\(?P<braced>[A-Za-z]+)\s*\}|\\(?P<bare>[A-Za-z]+))\s*"
    r"(?:\[(?P<count>[0-9])\])?\s*(?:\[(?P<default>[^\[\]]*)\])?\s*(?=\{)"
)
_DEF = re.compile(r"\\[gex]?def\s*\\(?P<bare>[A-Za-z]+)\s*(?P<arguments>(?:#[1-9])*)\s*(?=\{)")
_NAME = re.compile(r"\\(?P<name>[A-Za-z]+)[^\S\n]*")
_OPTION = re.compile(r"\s*\[([^\[\]]*)\]")
_ONE_ARGUMENT = re.compile(r"\s*(\\[A-Za-z]+|\S)")
_PLACE = re.compile(r"#([1-9])")


@dataclass(frozen=True)
class _Macro:
    body: str
    count: int = 0
    default: str | None = None


def as_set(text: str, withdrawn: str, own: frozenset[str]) -> tuple[str, bool]:
    """The source without what is not printed, `withdrawn` in its place, and with the document's
    macros written out; and whether some stand for too much to be. `own` are the names of macros
    that keep their meaning."""
    names = "|".join(map(re.escape, ["comment", *_EXCLUDED.findall(text)]))
    text = _EXCLUDED.sub("", text)
    text = re.sub(_ENVIRONMENT.format(names=names), lambda _: withdrawn, text, flags=re.DOTALL)
    text = _decided(text, withdrawn)
    macros = _Macros(own)
    return macros.written_out(text), macros.is_cut


def argument(text: str, start: int) -> tuple[str, int] | None:
    """The group in braces that begins at `start`, and where it ends; None where there is none."""
    if text[start : start + 1] != "{":
        return None
    depth, at = 0, start
    while at < min(len(text), start + _LONGEST):
        char = text[at]
        if char == "\\":
            at += 1
        elif char in "{}":
            depth += 1 if char == "{" else -1
            if not depth:
                return text[start + 1 : at], at + 1
        at += 1
    return None


# Conditions


def _decided(text: str, withdrawn: str) -> str:
    """Of conditions that the source itself decides, the branch that holds."""
    decided = _Decided(withdrawn)
    at = 0
    for found in _CONDITION.finditer(text):
        decided.say(text[at : found.start()])
        decided.take(found, braced=text[found.end() : found.end() + 1] == "{")
        at = found.end()
    decided.say(text[at:])
    return "".join(decided.out)


class _Decided:
    """`_around` are the conditions around: whether their branch holds, None where that is not
    known."""

    def __init__(self, withdrawn: str) -> None:
        self.out: list[str] = []
        self._withdrawn = withdrawn
        self._known = {"iffalse": False, "iftrue": True}
        self._around: list[bool | None] = []
        self._false = 0  # of the conditions around

    def say(self, text: str) -> None:
        if not self._false:
            self.out.append(text)
        elif text.strip() and self.out[-1:] != [self._withdrawn]:
            self.out.append(self._withdrawn)

    def take(self, found: re.Match[str], *, braced: bool) -> None:
        if found["new"]:
            self._known[f"if{found['new']}"] = False
        elif found["switch"]:
            self._switch(found)
        elif found["word"] in ("else", "fi"):
            self._turn(found)
        elif braced or found["word"] == "iff":  # a macro with arguments, a sign
            self.say(found[0])
        else:
            state = self._known.get(found["word"])
            if state is None:
                self.say(found[0])
            self._enter(state)

    def _switch(self, found: re.Match[str]) -> None:
        name = f"if{found['switch']}"
        if name not in self._known:
            self.say(found[0])
        elif not self._false:
            self._known[name] = found["on"] == "true"

    def _turn(self, found: re.Match[str]) -> None:
        """`else` and `fi`."""
        state = self._around.pop() if self._around else None
        self._false -= state is False
        if state is None:
            self.say(found[0])
        if found["word"] == "else":
            self._enter(None if state is None else not state)

    def _enter(self, state: bool | None) -> None:
        self._around.append(state)
        self._false += state is False


# Macros


class _Macros:
    """What the document has defined up to a place, and the text with it written out."""

    def __init__(self, own: frozenset[str]) -> None:
        self._own = own
        self._known: dict[str, _Macro] = {}
        self._left = _MOST
        self._unclosed = 0
        self.is_cut = False

    def written_out(self, text: str, within: frozenset[str] = frozenset()) -> str:
        """The text with macros written out; one within itself stands for nothing."""
        out: list[str] = []
        at = 0
        while found := _NAME.search(text, at):
            out.append(text[at : found.start()])
            end = self._defined(text, found.start())
            name = found["name"]
            if end is None and name in self._known and len(within) < _DEEPEST:
                body, end = self._used(text, found) if name not in within else ("", found.end())
                out.append(self._body(body, within | {name}))
            elif end is None:
                end = found.end("name")
                out.append(text[found.start() : end])
            at = end
        out.append(text[at:])
        return "".join(out)

    def _body(self, body: str, within: frozenset[str]) -> str:
        self._left -= len(body)
        if self._left > 0:
            return self.written_out(body, within)
        self.is_cut = self.is_cut or bool(body)
        return ""

    def _defined(self, text: str, start: int) -> int | None:
        """Where a definition that begins here ends; None where none does. What redefines a macro of
        this reader or of a package, or is written for TeX's own machine, is dropped and not used.
        """
        found = _COMMAND.match(text, start) or _DEF.match(text, start)
        group = self._group(text, found.end()) if found else None
        if found is None or group is None:
            return None
        said = found.groupdict()
        name = said.get("braced") or said["bare"]
        body, end = group
        foreign = said.get("kind") == "renewcommand" and name not in self._known
        if name not in self._own and "@" not in body and not foreign:
            count = int(said.get("count") or len(said.get("arguments") or "") // 2)
            self._known[name] = _Macro(body, count, said.get("default"))
        return end

    def _group(self, text: str, start: int) -> tuple[str, int] | None:
        group = argument(text, start) if self._unclosed < _MOST_UNCLOSED else None
        self._unclosed += group is None
        return group

    def _used(self, text: str, found: re.Match[str]) -> tuple[str, int]:
        """What a macro stands for with the arguments it has here, and where they end."""
        macro = self._known[found["name"]]
        end = found.end() if macro.count == 0 or found[0].endswith(" ") else found.end("name")
        given: list[str] = []
        if macro.default is not None:
            option = _OPTION.match(text, end)
            given.append(option[1] if option else macro.default)
            end = option.end() if option else end
        while len(given) < macro.count:
            word = _ONE_ARGUMENT.match(text, end)
            if word is None:
                break
            group = (word[1], word.end()) if word[1] != "{" else self._group(text, word.end() - 1)
            if group is None:
                break
            given.append(group[0])
            end = group[1]
        given += [""] * (macro.count - len(given))
        return _PLACE.sub(lambda place: (given + [""] * 9)[int(place[1]) - 1], macro.body), end
