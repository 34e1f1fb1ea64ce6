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
from docutils.utils import new_document
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
_DIRECTIVE = re.compile(r"\.\.\s+(?:\|[^|\n]+\|\s+)?([A-Za-z][\w+.:-]*?)\s?::(?=\s|$)", re.MULTILINE)
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
    _know_all(text)
    body = publish_parts(text, reader=_Reader(), writer=Writer(), settings_overrides=_SETTINGS)["body"]
    return str(body)


class _Silent(Directive):
    """Layout, or what stands in another file."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        return []


class _AnyOption(dict[str, Callable[[str], str]]):
    """Every option is one, and is whatever it says."""

    def __missing__(self, name: str) -> Callable[[str], str]:
        return str


class _Code(Directive):
    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[Any] = _AnyOption()

    def run(self) -> list[nodes.Node]:
        code = "\n".join(self.content)
        return [nodes.literal_block(code, code)] if code.strip() else []


class _Unknown(Directive):
    """What a directive describes (a method, a setting) before what it says of it. One that says
    nothing only marks a place."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[Any] = _AnyOption()

    def run(self) -> list[nodes.Node]:
        argument = self.arguments[0] if self.arguments else ""
        name = self.name.lower().removeprefix("py:")
        if name in _VERSIONS:
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
        number, _, said = argument.partition(" ")
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
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = None
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """`title <target>` is its title, `~package.module.Name` is Name."""
    said = nodes.unescape(text)
    targeted = _TARGETED.fullmatch(said)
    if targeted:
        said = targeted["title"]
    elif said.startswith("~"):
        said = said.rpartition(".")[2].lstrip("~")
    return [nodes.inline(rawtext, said.lstrip("!"))], []


class _Plain(Transform):
    """Make the document one of words: formulas as they are written, no marks of footnotes, what could
    not be parsed as its text."""

    default_priority = 845  # when references are resolved, before messages are filtered

    def apply(self) -> None:
        for message in list(self.document.findall(nodes.system_message)):
            kept = list(message.findall(nodes.literal_block))
            message.parent.replace(message, kept)
        for problem in list(self.document.findall(nodes.problematic)):
            marked = _MARKED.fullmatch(problem.astext())
            problem.parent.replace(problem, nodes.Text(marked["text"] if marked else problem.astext()))
        for formula in list(self.document.findall(nodes.math)):
            formula.parent.replace(formula, nodes.Text(f"${formula.astext()}$"))
        for formula in list(self.document.findall(nodes.math_block)):
            text = f"$${' '.join(formula.astext().split())}$$"
            formula.parent.replace(formula, nodes.paragraph(text, text))
        for mark in [*self.document.findall(nodes.footnote_reference), *_labels(self.document)]:
            mark.parent.remove(mark)
        for field in list(self.document.findall(nodes.field)):
            if not field[1].astext().strip():
                field.parent.remove(field)
        for image in self.document.findall(nodes.image):
            image.attributes.pop("scale", None)
            image.attributes.pop("loading", None)
        for text in list(self.document.findall(nodes.Text)):
            if (joined := _WIDE_LINE_END.sub("", text.astext())) != text.astext():
                text.parent.replace(text, nodes.Text(joined))


def _labels(document: nodes.document) -> list[nodes.Node]:
    return [label for label in document.findall(nodes.label) if isinstance(label.parent, nodes.footnote)]


class _Reader(standalone.Reader):  # type: ignore[misc]
    def get_transforms(self) -> list[type[Transform]]:
        return [*super().get_transforms(), _Plain]


def _know_all(text: str) -> None:
    """Have every directive and role that the text uses known to docutils."""
    document = new_document("")
    document.settings.update(dict(_SETTINGS), None)
    document.reporter.report_level = 5
    document.reporter.stream = None
    language = get_language("en", document.reporter)
    for name in {found.lower() for found in _DIRECTIVE.findall(text)}:
        if directives.directive(name, language, document)[0] is None:
            directives.register_directive(name, _Unknown)
    for name in {(first or second).lower() for first, second in _ROLE.findall(text)}:
        if roles.role(name, language, 0, document.reporter)[0] is None:
            roles.register_local_role(name, _unknown_role)


for _name in _SILENT:
    directives.register_directive(_name, _Silent)
for _name in _CODE:
    directives.register_directive(_name, _Code)
