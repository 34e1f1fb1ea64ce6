"""Takes out of a page what a reader would not see, so that hidden words cannot be quoted, and what
the page strikes out, so that it is not quoted as current.

Not covered: what external style sheets or scripts hide or strike out, text in the colour of its
background, text inside images.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from browser.html.blocks import MISSING, letters

# Of styles in small letters. Each alternative begins with a letter, so that it is searched for, and
# `(?<![^;\s].)` looks back over it for the beginning of the declaration.
_NOTHING = r"\s*:\s*0(?:px)?\s*(?:;|!|$)"
_FAR_AWAY = r"\s*:\s*-\d{3,}"
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|o(?<![^;\s].)pacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)"
    r"|font-size\s*:\s*0(?:\.0+)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)"
    rf"|left{_FAR_AWAY}|top{_FAR_AWAY}|text-indent{_FAR_AWAY}"
    rf"|h(?<![^;\s].)eight{_NOTHING}|w(?<![^;\s].)idth{_NOTHING}"
    rf"|m(?<![^;\s].)ax-(?:height|width){_NOTHING}"
    r"|clip\s*:\s*rect\(\s*0|clip-path\s*:\s*inset\(\s*(?:50|100)%"
)
_STRUCK_STYLE = re.compile(r"text-decoration(?:-line)?\s*:[^;]*?line-through")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
# what begins with @, with the rules in it; what is never closed is left out to its end
_AT_RULE = re.compile(r"@[\w-]++[^{};]*+(?:;|\{(?:[^{}]*+\{[^{}]*+\})*+[^{}]*+\}?)?")
_COMPOUND = re.compile(
    r"(?P<tag>[a-z][a-z0-9]*)?(?P<names>(?:[.#][\w-]+)+)|(?P<only>[a-z][a-z0-9]*)", re.IGNORECASE
)
_NEVER_TEXT = tuple("script style template iframe object embed svg canvas select dialog".split())
MUCH = 1000  # letters
# times the text of a page that is counted within hidden elements, as they can stand in each other
MAX_NESTED = 4
_STRUCK_TAGS = frozenset({"del", "s", "strike"})
MAX_STEPS = 4
_KEPT = frozenset({"html", "body", "main", "article"})


@dataclass(frozen=True, slots=True)
class _Compound:
    """One step of a selector: a tag, '' for any, and classes and ids."""

    tag: str
    names: frozenset[str]

    def fits(self, element: Any) -> bool:
        return self.tag in ("", element.tag) and self.names <= _names(element)


Selectors = dict[str, list[tuple[_Compound, ...]]]  # by a name that their last step asks for


@dataclass(frozen=True, slots=True)
class Styles:
    """What the page's own style elements hide and strike out."""

    hidden: Selectors
    struck: Selectors


def take_out_hidden(tree: Any, hidden: Selectors) -> None:
    """Drop the hidden elements; a canvas leaves a trace, as it shows something. Elements that hold
    nearly all that the page says are shown by its scripts, or stand for them."""
    for canvas in list(tree.iter("canvas")):
        leave_trace(canvas, "pictures")
    suspects = _suspects(tree, hidden)
    gone = [
        element for element in suspects if element.tag not in _KEPT and _is_hidden(element, hidden)
    ]
    for element in list(tree.iter(*_NEVER_TEXT)):
        if element.getparent() is not None:
            element.drop_tree()
    _drop_lesser(tree, gone)
    _drop_lesser(tree, list(tree.iter("noscript")))


def _drop_lesser(tree: Any, elements: list[Any]) -> None:
    """Drop the elements but those that, with others of their tag and classes, hold nearly all of
    the text."""
    kinds = [(element.tag, element.get("class", "")) for element in elements]
    whole = letters(tree.text_content()) if elements else 0
    sizes: Counter[tuple[str, str]] = Counter()
    left = MAX_NESTED * whole
    for element, kind in zip(elements, kinds, strict=True):
        size = letters("".join(element.itertext())) if left > 0 else 0
        sizes[kind] += size
        left -= size
    most = max(MUCH, whole * 4 // 5)
    for element, kind in zip(elements, kinds, strict=True):
        if element.getparent() is not None and sizes[kind] <= most:
            element.drop_tree()


def hidden_elements(tree: Any, hidden: Selectors) -> set[Any]:
    """What the page hides, with all that stands in it."""
    found: set[Any] = set()
    for element in _suspects(tree, hidden):
        if element not in found and _is_hidden(element, hidden):
            found.update(element.iter())
    return found


def take_out_withdrawn(tree: Any, struck: Selectors) -> None:
    """Drop what is struck out, by its element, its style or a rule of the page; each leaves a
    trace."""
    by_style = [element for element in _suspects(tree, struck) if _is_struck(element, struck)]
    for element in [*tree.iter(*_STRUCK_TAGS), *by_style]:
        if element.tag not in _KEPT and any(not text.isspace() for text in element.itertext()):
            leave_trace(element, "withdrawn")


def leave_trace(element: Any, kind: str) -> None:
    """Put a sign that something is missing in the place of an element."""
    element.clear(keep_tail=True)
    element.tag = "wbr"
    element.set(MISSING, kind)


def _suspects(tree: Any, selectors: Selectors) -> Any:
    named = " or @class or @id" if selectors else ""
    return tree.xpath(f"//*[@hidden or @aria-hidden or @style or @role{named}]")


def styles_of(tree: Any) -> Styles:
    """What the rules of the page say; to be asked before its style elements are dropped."""
    found = Styles({}, {})
    for style in tree.iter("style"):
        for selectors, body in _rules(style.text or ""):
            if _HIDDEN_STYLE.search(body):
                _add(found.hidden, selectors, longest=1)
            if _STRUCK_STYLE.search(body):
                _add(found.struck, selectors, longest=MAX_STEPS)
    return found


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """The selectors and the body, in small letters, of each rule. Those inside @media and the like
    do not count."""
    css = _AT_RULE.sub("", _COMMENT.sub("", css))
    for rule in css.split("}"):
        before, _, body = rule.rpartition("{")
        yield before.rpartition("{")[2], body.lower()


def _add(known: Selectors, selectors: str, longest: int) -> None:
    for steps in map(_steps, selectors.split(",")):
        if 0 < len(steps) <= longest:
            known.setdefault(min(steps[-1].names), []).append(steps)


def _steps(selector: str) -> tuple[_Compound, ...]:
    """The steps of a selector, none where it holds more than tags, classes and ids or ends in a tag
    alone."""
    matches = [_COMPOUND.fullmatch(step) for step in selector.replace(">", " ").split()]
    steps = tuple(
        _Compound(
            (match["tag"] or match["only"] or "").lower(),
            frozenset(re.findall(r"[.#][\w-]+", match["names"] or "")),
        )
        for match in matches
        if match
    )
    return steps if steps and len(steps) == len(matches) and steps[-1].names else ()


def _names(element: Any) -> frozenset[str]:
    identity = element.get("id")
    classes = element.get("class", "").split()
    return frozenset([*("." + name for name in classes), *(["#" + identity] if identity else [])])


def _is_hidden(element: Any, hidden: Selectors) -> bool:
    """Whether an element hides itself with all that stands in it."""
    attributes = element.attrib
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return True
    if attributes.get("aria-hidden", "").strip().lower() == "true":
        return True
    return _is_styled(element, _HIDDEN_STYLE, hidden)


def _is_struck(element: Any, struck: Selectors) -> bool:
    return element.get("role") == "deletion" or _is_styled(element, _STRUCK_STYLE, struck)


def _is_styled(element: Any, style: re.Pattern[str], selectors: Selectors) -> bool:
    """Whether an element has a style of its own or by a rule of the page."""
    own = element.get("style")
    if own and style.search(own.lower()):
        return True
    if not selectors:
        return False
    names = ["." + name for name in element.get("class", "").split()] + [
        "#" + element.get("id", "")
    ]
    return any(
        _selects(steps, element) for name in names if name in selectors for steps in selectors[name]
    )


def _selects(steps: tuple[_Compound, ...], element: Any) -> bool:
    if not steps[-1].fits(element):
        return False
    outer = element.iterancestors()
    return all(any(step.fits(one) for one in outer) for step in reversed(steps[:-1]))
