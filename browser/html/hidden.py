"""Takes out of a page what a reader would not see, so that hidden words cannot be quoted.

Not covered: text hidden by external style sheets or scripts, text in the colour of its background, text inside images.
"""

import re
from typing import Any

_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:^|[;\s])opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)"
    r"|font-size\s*:\s*0(?:\.0+)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)|(?:left|top|text-indent)\s*:\s*-\d{3,}"
    r"|(?:^|[;\s])(?:max-)?(?:height|width)\s*:\s*0(?:px)?\s*(?:;|!|$)|clip\s*:\s*rect\(\s*0|clip-path\s*:\s*inset\(\s*(?:50|100)%",
    re.IGNORECASE,
)
_HIDING_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_PLAIN_SELECTOR = re.compile(r"^(?:[a-z]+)?([.#])([\w-]+)$", re.IGNORECASE)
_NEVER_TEXT = tuple("script style template noscript iframe object embed svg canvas select dialog".split())
_KEPT = frozenset({"html", "body", "main", "article"})


def take_out_hidden(tree: Any) -> None:
    hidden = _hidden_selectors(tree)
    suspects = tree.xpath("//*[@hidden or @aria-hidden or @style]")
    if hidden:
        suspects += tree.xpath("//*[@class or @id]")
    gone = [element for element in suspects if element.tag not in _KEPT and _is_hidden(element, hidden)]
    for element in [*tree.iter(*_NEVER_TEXT), *gone]:
        if element.getparent() is not None:
            element.drop_tree()


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
