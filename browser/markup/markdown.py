"""Markdown of any dialect to HTML, by markdown-it, for the one reader of trees.

CommonMark with the tables, strikes, footnotes, definitions and formulas of its dialects, and what
generators of documentation add: front matter, admonitions, roles and directives of MyST, tags and
imports of MDX. Not here: from HTML to parts (`browser/html`), tables that CommonMark does not see
(`markdown_tables.py`).
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

from browser.documents.dates import iso_date
from browser.documents.parts import Facts
from browser.markup.markdown_marks import marks_plugin
from browser.markup.markdown_tables import tables_plugin

_FRONT = re.compile(
    r"\A\ufeff?\s*(?:---[ \t]*\n(?P<yaml>.*?)\n(?:---|\.\.\.)|\+\+\+[ \t]*\n(?P<toml>.*?)\n\+\+\+"
    r"|(?P<bare>(?:title|author|date):[^\n]*(?:\n[A-Za-z][\w -]*:[^\n]*)+)(?=\n[ \t]*\n))[ "
    r"\t]*(?:\n|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_FIELD = re.compile(
    r"^(?P<name>[^\W\d][\w-]{0,40})[^\S\n]*[:=][^\S\n]*(?P<quote>[\"']?)(?P<value>[^\n]{1,300}?)(?P=quote)[^\S\n]*$",
    re.MULTILINE,
)
_FACTS = frozenset("title author date".split())
_FIELDS_OF_A_DOCUMENT = 3
_TITLE = re.compile(r"\s*# [^\n]+\n+")
_MARKED_UP = re.compile(r"[\\`*_\[\]<>#|{}]")
_SILENT = frozenset(
    "toctree include figure image contents command-output literalinclude card grid raw".split()
)
_CODE = frozenset("code code-block code-cell sourcecode parsed-literal doctest mermaid".split())
_DIRECTIVE = re.compile(
    r"\{(?P<name>[\w:.+-]+)\}\s*(?P<argument>.*)|(?P<told>[\w-]+)?\s*(?P<title>.*)"
)
_OPTIONS = re.compile(r"\A(?:---\n.*?\n---\n|(?:[^\S\n]*:[\w-]+:[^\n]*(?:\n|\Z))+)", re.DOTALL)
_TARGETED = re.compile(r"(?P<text>[^<]*\S)\s*<[^<>]+>")
_NO_TEXT = re.compile(r"(?:import|export)\s.*\bfrom\s+['\"][^'\"]+['\"];?|(?:</?[A-Z][^<>]*>\s*)+")
_CALLOUT = re.compile(r"\[!\w+\][+-]?\s*")
_ANCHOR = re.compile(r"\s*\{[#.][^{}]*\}\s*$")
_LONGEST_HEADING = 100  # characters of a line that an underline makes a heading
_DEEPEST = 100  # blocks within blocks
_STEP = 5  # levels that one block may add
_CJK = r"[\u3000-\u303f\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]"
_CJK_END, _CJK_START = re.compile(_CJK + r"\Z"), re.compile(_CJK)


def html_of_markdown(text: str) -> str:
    return str(_PARSER.render(text.replace("\r\n", "\n").replace("\r", "\n")))


def without_front_matter(text: str) -> tuple[str, Facts]:
    """The text, and what its front matter says of it. One of a document, not of a page generator
    (more than a field or two beside title, author and date: *status: Draft*), is told as its first
    paragraph."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT.match(text)
    if front is None:
        return text, Facts()
    said = {field["name"].lower(): field["value"].strip() for field in _FIELD.finditer(front[0])}
    published = iso_date(said.get("date", ""))
    facts = Facts(said.get("title", ""), author=said.get("author"), published_at=published)
    more = [f"{name}: {value}" for name, value in said.items() if name not in _FACTS]
    body = text[front.end() :]
    if len(more) < _FIELDS_OF_A_DOCUMENT:
        return body, facts
    told = _MARKED_UP.sub(r"\\\g<0>", "; ".join(more))
    title = _TITLE.match(body)
    head = title[0] if title else ""
    return f"{head}{told}.\n\n{body[len(head) :]}", facts


def is_markdown(lines: Sequence[str]) -> bool:
    """Whether text out of another format is Markdown source, as printed or pasted documents
    sometimes are."""
    headings = [number for number, line in enumerate(lines) if re.match(r"#{1,6} \S", line)]
    return len(headings) > 1 and (headings[0] == 0 or any(line.startswith("## ") for line in lines))


class _Renderer(RendererHTML):
    """HTML without what is no text: marks of footnotes, options of directives."""

    def softbreak(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        """Chinese and Japanese lines are joined without a space."""
        before = tokens[idx - 1].content if idx else ""
        after = tokens[idx + 1].content if idx + 1 < len(tokens) else ""
        return "" if _CJK_END.search(before) and _CJK_START.match(after) else "\n"

    def fence(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        info = tokens[idx].info.strip()
        content = tokens[idx].content
        return _directive(info, content) if info.startswith("{") else _code(content)

    def colon_fence(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return _directive(tokens[idx].info.strip(), tokens[idx].content)

    def myst_role(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        name, content = tokens[idx].meta["name"], tokens[idx].content
        if name == "math":
            return escape(f"${content}$", quote=False)
        targeted = _TARGETED.fullmatch(content)
        return escape(targeted["text"] if targeted else content.lstrip("~!"), quote=False)

    def myst_target(self, *_: Any) -> str:
        return ""

    myst_line_comment = myst_block_break = myst_target
    footnote_reference_open = footnote_reference_close = myst_target

    def footnote_ref(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """A note that stands in the line goes on in brackets, all others where they are."""
        note = env["footnotes"]["list"][tokens[idx].meta["id"]]
        inline = note.get("tokens")
        return f" ({self.renderInline(inline, options, env)})" if inline else ""

    def math_inline(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return escape(f"${tokens[idx].content}$", quote=False)

    def math_block(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        content = " ".join(tokens[idx].content.split())
        return f"<p>{escape(f'$${content}$$', quote=False)}</p>\n"

    math_block_label = amsmath = math_block
    math_inline_double = math_inline


def _directive(info: str, content: str) -> str:
    """What a directive of MyST or an admonition between colons says."""
    found = _DIRECTIVE.match(info)
    name = (found["name"] or "") if found else ""
    argument = (found["argument"] or found["title"] or "").strip(" []{}\"'") if found else ""
    if name in _SILENT:
        return ""
    if name == "eval-rst":
        from browser.markup.restructured import html_of_restructured

        return html_of_restructured(content)
    content = _OPTIONS.sub("", content, count=1)
    if name in _CODE:
        return _code(content)
    if name == "math":
        return f"<p>{escape(f'$${content.strip()}$$', quote=False)}</p>\n"
    title = f"<p>{_PARSER.renderInline(argument)}</p>\n" if argument else ""
    return title + str(_PARSER.render(content))


def _code(content: str) -> str:
    return f"<pre><code>{escape(content, quote=False)}</code></pre>\n" if content.strip() else ""


def _too_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Blocks within blocks without end: the rest as its words, which the parser would drop."""
    if silent or state.level < _DEEPEST - _STEP:
        return False
    token = state.push("html_block", "", 0)
    words = escape(state.getLines(start, end, state.blkIndent, False), quote=False)
    token.content, token.map = f"<p>{words}</p>\n", [start, end]
    state.line = end
    return True


def _heading_or_rule(state: StateCore) -> None:
    """A paragraph over a line of dashes is a paragraph over a rule, unless it can be a heading."""
    for place, token in enumerate(state.tokens):
        if token.type != "heading_open" or token.markup not in ("-", "="):
            continue
        text = state.tokens[place + 1].content
        if len(text) > _LONGEST_HEADING or text[-1:] in ".。":
            for mark in (token, state.tokens[place + 2]):
                mark.type, mark.tag = mark.type.replace("heading", "paragraph"), "p"


def _words_only(state: StateCore) -> None:
    """Take out lines that hold no words, marks of callouts, anchors of headings, and titles that an
    admonition is given for its kind."""
    for place, token in enumerate(state.tokens):
        if token.type != "inline":
            continue
        before = state.tokens[place - 1]
        if before.type == "heading_open":
            token.content = _ANCHOR.sub("", token.content)
        elif before.type == "admonition_title_open":
            token.content = "" if token.content.lower() in before.markup else token.content
        else:
            lines = token.content.split("\n")
            kept = [line for line in lines if not _NO_TEXT.fullmatch(line.strip())]
            kept[:1] = [_CALLOUT.sub("", line, count=1) for line in kept[:1]]
            token.content = "\n".join(kept)


def _parser() -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark", {"html": True, "maxNesting": _DEEPEST}, renderer_cls=_Renderer
    )
    parser.enable(["table", "strikethrough"])
    parser.use(footnote_plugin, move_to_end=False, always_match_refs=True)
    parser.use(deflist_plugin).use(admon_plugin).use(colon_fence_plugin)
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False).use(amsmath_plugin)
    parser.use(myst_role_plugin).use(myst_block_plugin)
    parser.use(tables_plugin).use(marks_plugin)
    parser.block.ruler.before("indented_html", "too_deep", _too_deep)
    parser.core.ruler.after("block", "heading_or_rule", _heading_or_rule)
    parser.core.ruler.after("heading_or_rule", "words_only", _words_only)
    for name in _Renderer().rules:  # before those of the plugins
        parser.add_render_rule(name, getattr(type(parser.renderer), name))
    return parser


_PARSER = _parser()
