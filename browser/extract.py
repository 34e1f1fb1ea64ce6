"""From HTML to main text and what the page says about itself.

trafilatura finds the main text; what a reader would not see is taken out before, so that hidden words cannot be
quoted. Not covered: text hidden by external style sheets or scripts, text inside images.
"""

import logging
import re
from dataclasses import dataclass
from typing import Any

import trafilatura
from lxml import etree, html

from browser.challenge import asks_password
from browser.grids import flatten_tables
from browser.metadata import facts_of
from browser.parts import Facts, Part, compose, parts_of_markdown, tidy
from browser.skim import skim
from research.types import PageText

# It warns of every page without an article; here that is a typed error.
logging.getLogger("trafilatura").setLevel(logging.ERROR)
EXTRACTOR = "trafilatura/" + trafilatura.__version__
SCANT = 250  # below this much main text, extraction is tried again less strictly

_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:^|[;\s])opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)"
    r"|font-size\s*:\s*0(?:\.0+)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)|(?:left|top|text-indent)\s*:\s*-\d{3,}"
    r"|(?:^|[;\s])(?:max-)?(?:height|width)\s*:\s*0(?:px)?\s*(?:;|!|$)|clip\s*:\s*rect\(\s*0|clip-path\s*:\s*inset\(\s*(?:50|100)%",
    re.IGNORECASE,
)
_HIDING_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_PLAIN_SELECTOR = re.compile(r"^(?:[a-z]+)?([.#])([\w-]+)$", re.IGNORECASE)
_NEVER_TEXT = (
    "script",
    "style",
    "template",
    "noscript",
    "iframe",
    "object",
    "embed",
    "svg",
    "canvas",
    "select",
    "dialog",
)
_FOOTNOTE = re.compile(r"^[\[(]\s*(?:\d{1,3}|[a-z]|note \d+|citation needed|[a-z ]+\?)\s*[\])]$|^[*†‡§]+$")
_EXPONENT = re.compile(r"^[+\-−]?\d{1,3}$")
_INLINE = (
    "sub",
    "b",
    "strong",
    "em",
    "i",
    "u",
    "mark",
    "font",
    "abbr",
    "cite",
    "ins",
    "small",
    "big",
    "tt",
    "kbd",
    "samp",
    "var",
)
_KEPT = frozenset({"html", "body", "main", "article"})
_BAD_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class HtmlPage:
    """`visible` is all the text the page shows, for telling walls from articles."""

    page: PageText
    visible: str
    has_password: bool
    scripts: int


def read_html(text: str, url: str) -> HtmlPage:
    """Extract main text and facts. What is no HTML at all gives an empty page, never an error."""
    tree = _tree(_BAD_CHARACTERS.sub("", text))
    if tree is None:
        return HtmlPage(compose([], Facts(), media_type="text/html", extractor=EXTRACTOR), "", False, 0)
    soup = skim(tree)
    facts = facts_of(soup, url)
    scripts = sum(1 for _ in tree.iter("script"))
    _take_out_hidden(tree)
    _plain_words(tree)
    flatten_tables(tree)
    visible = tidy(" ".join(tree.itertext()))
    page = compose(_main_parts(tree), facts, media_type="text/html", extractor=EXTRACTOR)
    return HtmlPage(page=page, visible=visible, has_password=asks_password(soup), scripts=scripts)


def _tree(text: str) -> Any:
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        return html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def _take_out_hidden(tree: Any) -> None:
    hidden = _hidden_selectors(tree)
    for element in list(tree.iter(etree.Element)):
        if element.tag in _KEPT or element.getparent() is None:
            continue
        if element.tag in _NEVER_TEXT or _is_hidden(element, hidden):
            element.drop_tree()


def _plain_words(tree: Any) -> None:
    """Emphasis is no part of a quote, nor are marks of footnotes; an exponent stays one."""
    for element in list(tree.iter("sup")):
        text = "".join(element.itertext()).strip()
        if "reference" in element.get("class", "") or _FOOTNOTE.match(text):
            element.drop_tree()
            continue
        if _EXPONENT.match(text):
            element.text = f"^{element.text or ''}"
        element.drop_tag()
    for element in list(tree.iter(*_INLINE)):
        element.drop_tag()


def _hidden_selectors(tree: Any) -> frozenset[str]:
    """Classes and ids that the page's own style element hides outright (rules inside @media and the like not
    counted)."""
    found: set[str] = set()
    for style in tree.iter("style"):
        css = re.sub(r"/\*.*?\*/", "", style.text or "", flags=re.DOTALL)
        css = re.sub(r"@[\w-]+[^{;]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", css)
        for selectors, body in _HIDING_RULE.findall(css):
            if _HIDDEN_STYLE.search(body):
                matches = (_PLAIN_SELECTOR.match(one.strip()) for one in selectors.split(","))
                found.update(match.group(1) + match.group(2) for match in matches if match)
    return frozenset(found)


def _is_hidden(element: Any, hidden: frozenset[str]) -> bool:
    attributes = element.attrib
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return True
    if attributes.get("aria-hidden", "").strip().lower() == "true":
        return True
    if "style" in attributes and _HIDDEN_STYLE.search(attributes["style"]):
        return True
    if not hidden:
        return False
    names = ["." + name for name in attributes.get("class", "").split()] + ["#" + attributes.get("id", "")]
    return any(name in hidden for name in names)


def _main_parts(tree: Any) -> list[Part]:
    """Strict first; a page where that finds next to nothing is asked again for more."""
    page = etree.tostring(tree, encoding="unicode", method="html")
    best = ""
    for precision, recall in ((True, False), (False, False), (False, True)):
        found = trafilatura.extract(
            page,
            output_format="markdown",
            include_tables=True,
            include_comments=False,
            include_formatting=True,
            favor_precision=precision,
            favor_recall=recall,
        )
        if found and len(found) > 2 * len(best):
            best = found
        if len(best) >= SCANT:
            break
    return parts_of_markdown(best)
