"""Marks within a line that CommonMark does not know, for markdown-it: H~2~O, 10^3^, ~withdrawn~,
[[place|label]], and those of editors (CriticMarkup): {--old--}, {++new++}, {~~old~>new~~}.

Only where nothing else can be meant: `3~5 m` is a range, and `x^2+y^2` holds no superscript.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

_MARKED = re.compile(
    r"(?<=[A-Za-z)\]])~(?P<sub>[A-Za-z0-9+-]{1,3})~(?![\w~])"
    r"|(?<=[A-Za-z)\]])~(?P<subbed>[0-9]{1,3})~(?=[A-Za-z(\[])"
    r"|(?<=[\w)\]])\^(?P<sup>[A-Za-z0-9+−-]{1,4})\^(?![\w^])"
    r"|(?<![\w~])~(?P<struck>[^\s~/](?:[^~\n]*[^\s~])?)~(?![\w~])"
)
# Strong words that begin or end with a sign, right beside Chinese or Japanese: no emphasis to
# CommonMark.
_CJK = r"[\u3000-\u303f\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]"
_STRONG = re.compile(r"\*\*(?P<words>[^\s*](?:[^*\n]*[^\s*])?)\*\*")
_BESIDE = re.compile(_CJK)
_WIKI = re.compile(r"\[\[(?:[^\[\]|\n]*\|)?(?P<label>[^\W\d][^\[\]|\n]*)\]\](?!\()")
_EDITED = re.compile(
    r"\{--(?P<deleted>[^{}]+)--\}|\{\+\+(?P<added>[^{}]+)\+\+\}|\{~~(?P<old>(?:(?!~>)[^{}])*+)~>(?P<new>[^{}]*)~~\}"
    r"|\{==(?P<marked>[^{}]+)==\}|\{>>[^{}]*<<\}"
)
_TAGS = {"sub": "sub", "subbed": "sub", "sup": "sup", "struck": "s"}


def marks_plugin(parser: MarkdownIt) -> None:
    parser.inline.ruler.before("strikethrough", "marks", _mark)
    parser.inline.ruler.before("marks", "edits", _edit)
    parser.inline.ruler.before("link", "wiki_link", _wiki_link)
    parser.inline.ruler.before("emphasis", "cjk_strong", _cjk_strong)


def _edit(state: StateInline, silent: bool) -> bool:
    """What an editor took out is struck, what they put in stands; remarks are no text."""
    found = _EDITED.match(state.src, state.pos) if state.src.startswith("{", state.pos) else None
    if found is None or found.end() > state.posMax:
        return False
    if not silent:
        if old := found["deleted"] or found["old"]:
            state.push("s_open", "s", 1)
            state.push("text", "", 0).content = old
            state.push("s_close", "s", -1)
        state.push("text", "", 0).content = found["added"] or found["new"] or found["marked"] or ""
    state.pos = found.end()
    return True


def _cjk_strong(state: StateInline, silent: bool) -> bool:
    found = _STRONG.match(state.src, state.pos) if state.src.startswith("**", state.pos) else None
    if found is None or found.end() > state.posMax or found["words"].isalnum():
        return False
    around = (
        state.src[max(found.start() - 1, 0) : found.start()]
        + state.src[found.end() : found.end() + 1]
    )
    if not _BESIDE.search(around):
        return False
    if not silent:
        state.push("strong_open", "strong", 1)
        state.push("text", "", 0).content = found["words"]
        state.push("strong_close", "strong", -1)
    state.pos = found.end()
    return True


def _wiki_link(state: StateInline, silent: bool) -> bool:
    """`[[place|label]]` is its label."""
    found = _WIKI.match(state.src, state.pos)
    if found is None or found.end() > state.posMax:
        return False
    if not silent:
        state.push("text", "", 0).content = found["label"]
    state.pos = found.end()
    return True


def _mark(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "~^":
        return False
    found = _MARKED.match(state.src, state.pos)
    if found is None or found.end() > state.posMax or found.lastgroup is None:
        return False
    if not silent:
        tag = _TAGS[found.lastgroup]
        state.push(f"{tag}_open", tag, 1)
        state.push("text", "", 0).content = found[found.lastgroup]
        state.push(f"{tag}_close", tag, -1)
    state.pos = found.end()
    return True
