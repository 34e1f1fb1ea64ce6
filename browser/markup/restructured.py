"""reStructuredText to HTML, by docutils, for the one reader of trees.

What Sphinx and others add is read by rule: an unknown role is its text, an unknown directive its
argument and content. Nothing is included from other files, no raw HTML is taken over, and what
docutils finds wrong stays in the text. Not here: from HTML to parts (`browser/html`).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from docutils import nodes
from docutils.core import publish_parts
from docutils.languages import get_language
from docutils.parsers.rst import Directive, directives, roles
from docutils.readers import standalone
from docutils.transforms import Transform
from docutils.utils import Reporter
from docutils.writers.html5_polyglot import Writer

_SILENT = """
    contents toctree index include literalinclude currentmodule py:currentmodule highlight raw meta
    default-domain sectionauthor codeauthor tabularcolumns sectnum program
""".split()
_CODE = "code-block sourcecode prompt testcode testsetup testoutput productionlist".split()
_CONTENT_ONLY = frozenset("only ifconfig glossary hlist tab-set grid".split())
_VERSIONS = {
    "versionadded": "New in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
    "versionremoved": "Removed in version",
}
_STRUCK = frozenset("strike strikethrough line-through del deleted".split())
_STRIKEOUT = re.compile(r"\[STRIKEOUT:([^\]`]+)\]")  # as pandoc writes it
_DIRECTIVE = re.compile(
    r"\.\.\s+(?:\|[^|\n]+\|\s+)?([A-Za-z][\w+.:-]*?)\s?::(?=\s|$)", re.MULTILINE
)
_ROLE = re.compile(r":([A-Za-z][\w+.:-]*):`|`:([A-Za-z][\w+.:-]*):")
_TARGETED = re.compile(r"(?P<title>.*\S)\s*<[^<>]+>", re.DOTALL)
_MARKED = re.compile(r"[`|]?(?P<text>.*?)[`|]?_{0,2}", re.DOTALL)
_WIDE = r"[\u3000-\u303f\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]"
_WIDE_LINE_END = re.compile(rf"(?<={_WIDE})\n(?={_WIDE})")
_SETTINGS: Mapping[str, Any] = {
    "doctitle_xform": False,
    "docinfo_xform": False,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "halt_level": 5,
    "report_level": 5,
    "initial_header_level": 1,
    "syntax_highlight": "none",
    "smart_quotes": False,
    "embed_stylesheet": False,
    "stylesheet_path": "",
    "warning_stream": False,
    "_disable_config": True,
}


def html_of_restructured(text: str) -> str:
    """Not in two threads at once: docutils keeps the roles it knows for the whole process."""
    text = _STRIKEOUT.sub(r":del:`\1`", text)
    _know_all(text)
    body = publish_parts(text, reader=_Reader(), writer=Writer(), settings_overrides=_SETTINGS)[
        "body"
    ]
    return str(body)


class _Silent(Directive):  # type: ignore[misc]
    """Layout, or what stands in another file."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        return []


class _AnyOption(dict[str, Callable[[str], str]]):
    """Every option is one, and is whatever it says."""

    def __bool__(self) -> bool:
        return True

    def __missing__(self, name: str) -> Callable[[str], str]:
        return str


class _Code(Directive):  # type: ignore[misc]
    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[Any] = _AnyOption()

    def run(self) -> list[nodes.Node]:
        code = "\n".join(self.content)
        return [nodes.literal_block(code, code)] if code.strip() else []


class _Unknown(Directive):  # type: ignore[misc]
    """What a directive describes (a method, a setting) before what it says of it. One that says
    nothing only marks a place."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[Any] = _AnyOption()

    def run(self) -> list[nodes.Node]:
        argument = self.arguments[0] if self.arguments else ""
        name = self.name.lower().removeprefix("py:")
        if name in _VERSIONS and argument:
            return self._version(_VERSIONS[name], argument)
        content = self._content()
        if not argument or name in _CONTENT_ONLY:
            return content
        if not content:
            return [nodes.paragraph("", "", *self._inline(argument))] if " " in argument else []
        term = nodes.term("", "", *self._inline(argument))
        item = nodes.definition_list_item("", term, nodes.definition("", *content))
        return [nodes.definition_list("", item)]

    def _version(self, words: str, argument: str) -> list[nodes.Node]:
        """`Changed in version 5.2: …` where something is said of it."""
        number, *rest = argument.split(maxsplit=1)
        said = rest[0] if rest else ""
        content = self._content()
        lead = f"{words} {number}"
        if not said and content and isinstance(content[0], nodes.paragraph):
            content[0].insert(0, nodes.Text(f"{lead}: "))
            return content
        text = f"{lead}: {said}" if said else lead
        return [nodes.paragraph("", "", *self._inline(text)), *content]

    def _inline(self, text: str) -> list[nodes.Node]:
        found, messages = self.state.inline_text(text, self.lineno)
        return [*found, *messages]

    def _content(self) -> list[nodes.Node]:
        holder = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, holder)
        return list(holder.children)


def _unknown_role(
    name: str,
    rawtext: str,
    text: str,
    lineno: int,
    inliner: Any,
    options: Any = None,
    content: Any = None,
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """`title <target>` is its title, `~package.module.Name` is Name."""
    said = nodes.unescape(text)
    targeted = _TARGETED.fullmatch(said)
    if targeted:
        said = targeted["title"]
    elif said.startswith("~"):
        said = said.rpartition(".")[2].lstrip("~")
    return [nodes.inline(rawtext, said.lstrip("!@"), classes=[name])], []


class _Plain(Transform):  # type: ignore[misc]
    """Make the document one of words: formulas as they are written, no marks of footnotes, what
    could not be parsed as its text."""

    default_priority = 845  # when references are resolved, before messages are filtered

    def apply(self) -> None:
        self._problems()
        self._formulas()
        self._marks()
        for admonition in self._all(nodes.Admonition):
            if not isinstance(admonition, nodes.admonition):  # its title is only its kind
                admonition.parent.replace(admonition, nodes.container("", *admonition.children))
        for item in self._all(nodes.list_item):
            _as_definition(item)
        for inline in self._all(nodes.inline):
            inline["classes"] = ["del"] if _STRUCK & set(inline["classes"]) else []
        for image in self._all(nodes.image):
            image.attributes.pop("scale", None)
            image.attributes.pop("loading", None)
        for text in self._all(nodes.Text):
            if (joined := _WIDE_LINE_END.sub("", text.astext())) != text.astext():
                text.parent.replace(text, nodes.Text(joined))

    def _all(self, kind: Any) -> list[Any]:
        return list(self.document.findall(kind))

    def _problems(self) -> None:
        for message in self._all(nodes.system_message):
            message.parent.replace(message, list(message.findall(nodes.literal_block)))
        for problem in self._all(nodes.problematic):
            marked = _MARKED.fullmatch(problem.astext())
            problem.parent.replace(
                problem, nodes.Text(marked["text"] if marked else problem.astext())
            )

    def _formulas(self) -> None:
        for formula in self._all(nodes.math):
            formula.parent.replace(formula, nodes.Text(f"${formula.astext()}$"))
        for formula in self._all(nodes.math_block):
            text = f"$${' '.join(formula.astext().split())}$$"
            formula.parent.replace(formula, nodes.paragraph(text, text))

    def _marks(self) -> None:
        """Marks of footnotes, and fields at the top that only tell the program something."""
        labels = [
            label for label in self._all(nodes.label) if isinstance(label.parent, nodes.footnote)
        ]
        fields = [field for field in self._all(nodes.field) if field.parent.parent is self.document]
        empty = [field for field in fields if not field[1].astext().strip()]
        for mark in [*self._all(nodes.footnote_reference), *labels, *empty]:
            mark.parent.remove(mark)


def _as_definition(item: nodes.list_item) -> None:
    """An item that is a name, and under it what is said of it, is a term and its definition."""
    name = item.children[0] if len(item) > 1 else None
    if isinstance(name, nodes.paragraph) and [type(part) for part in name] == [nodes.literal]:
        term = nodes.term("", "", *name.children)
        entry = nodes.definition_list_item("", term, nodes.definition("", *item.children[1:]))
        item.children = []
        item.append(nodes.definition_list("", entry))


class _Undefined(Transform):  # type: ignore[misc]
    """A name that stands for nothing is its own text. docutils ends in a `KeyError` where one
    stands within what another name, used before it is defined, stands for."""

    default_priority = 219  # just before names are replaced by what they stand for

    def apply(self) -> None:
        known = self.document.substitution_names
        for name in list(self.document.findall(nodes.substitution_reference)):
            if name["refname"].lower() not in known:
                name.parent.replace(name, nodes.Text(name.astext()))


class _Reader(standalone.Reader):  # type: ignore[misc]
    def get_transforms(self) -> list[type[Transform]]:
        return [*super().get_transforms(), _Undefined, _Plain]


def _know_all(text: str) -> None:
    """Have every directive and role that the text uses known to docutils."""
    reporter = Reporter("", report_level=5, halt_level=5, stream=False)
    document = nodes.document(None, reporter)
    language = get_language("en", reporter)
    for name in {found.lower() for found in _DIRECTIVE.findall(text)}:
        if directives.directive(name, language, document)[0] is None:
            directives.register_directive(name, _Unknown)
    for name in {(first or second).lower() for first, second in _ROLE.findall(text)}:
        if roles.role(name, language, 0, reporter)[0] is None:
            roles.register_local_role(name, _unknown_role)


for _name in _SILENT:
    directives.register_directive(_name, _Silent)
for _name in _CODE:
    directives.register_directive(_name, _Code)
