"""Equations of Office documents (OMML) as one line of text that can be read and quoted: `(a +
b)/c^2`.

Pure. Not here: where equations stand (`word/tree.py`).
"""

from collections.abc import Callable, Iterator
from typing import Any

from browser.html.formulas import beside_quotient
from browser.office.packages import MATH, WORD

MAX_DEPTH = 40  # of an equation; what is deeper is read as its words
_MARKS = {"∘": "°", "°": "°", "′": "′", "″": "″", "'": "′"}  # set high, and no powers
_DELETED = frozenset({WORD + "del", WORD + "moveFrom"})
_ACCENTS = {
    "\u0302": "hat",
    "\u0303": "tilde",
    "\u0304": "bar",
    "\u0305": "bar",
    "\u0307": "dot",
    "\u0308": "ddot",
    "\u20d7": "vec",
}


def equation_text(element: Any) -> str:
    """The text of an `m:oMath` or `m:oMathPara`, '' where nothing in it can be read."""
    lines = element.findall(f"{MATH}oMath") if element.tag == f"{MATH}oMathPara" else [element]
    return "; ".join(text for line in lines if (text := " ".join(_inside(line, 0).split())))


def _inside(element: Any, depth: int) -> str:
    """All that stands in an element, in its order."""
    if element is None:
        return ""
    if depth > MAX_DEPTH:
        return "".join(text.text or "" for text in element.iter(f"{MATH}t", f"{WORD}t"))
    children = [child for child in element if isinstance(child.tag, str)]
    told = [_told(child, depth + 1) for child in children]
    for at, child in enumerate(children):
        if child.tag == f"{MATH}f" and _property(child, "type") != "noBar":
            told[at] = beside_quotient(told[at], "".join(told[:at]), "".join(told[at + 1 :]))
    return "".join(told)


def _told(element: Any, depth: int) -> str:
    if element.tag in (f"{MATH}t", f"{WORD}t"):
        return element.text or ""
    if element.tag in _DELETED:
        return ""
    form = _FORMS.get(element.tag.removeprefix(MATH))
    return form(element, depth) if form else _inside(element, depth)


def _part(element: Any, name: str, depth: int) -> str:
    return _inside(element.find(MATH + name), depth).strip()


def _parts(element: Any, name: str, depth: int) -> Iterator[str]:
    for child in element.findall(MATH + name):
        yield _inside(child, depth).strip()


def _property(element: Any, name: str, default: str = "") -> str:
    """A property such as `chr` of `naryPr`; one that is there without a value is empty."""
    found = element.find(f"{MATH}{element.tag.removeprefix(MATH)}Pr/{MATH}{name}")
    return default if found is None else found.get(f"{MATH}val", "")


def _grouped(text: str) -> str:
    """In brackets, unless it is one name, one number or in brackets already."""
    plain = text.replace(".", "").replace(",", "")
    return text if len(text) < 2 or plain.isalnum() or _is_bracketed(text) else f"({text})"


def _is_bracketed(text: str) -> bool:
    """Whether the first bracket is closed by the last character."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return at == len(text) - 1 and text[0] == "("
    return False


def _fraction(element: Any, depth: int) -> str:
    above, below = _part(element, "num", depth), _part(element, "den", depth)
    if _property(element, "type") == "noBar":
        return f"{above}; {below}"
    return f"{_grouped(above)}/{_grouped(below)}"


def _power(element: Any, depth: int) -> str:
    base, power = _part(element, "e", depth), _part(element, "sup", depth)
    if power in _MARKS:
        return f"{base}{_MARKS[power]}"
    return f"{_grouped(base)}^{_grouped(power)}"


def _index(element: Any, depth: int) -> str:
    return f"{_grouped(_part(element, 'e', depth))}_{_grouped(_part(element, 'sub', depth))}"


def _both(element: Any, depth: int) -> str:
    return f"{_index(element, depth)}^{_grouped(_part(element, 'sup', depth))}"


def _before(element: Any, depth: int) -> str:
    """Index and power in front of what they belong to, as of isotopes."""
    sub, sup = _part(element, "sub", depth), _part(element, "sup", depth)
    return f"_{_grouped(sub)}^{_grouped(sup)} {_part(element, 'e', depth)}"


def _root(element: Any, depth: int) -> str:
    degree, under = _part(element, "deg", depth), _part(element, "e", depth)
    return f"root({degree}; {under})" if degree else f"√({under})"


def _large(element: Any, depth: int) -> str:
    """Sums, products and integrals with their limits."""
    sub, sup = _part(element, "sub", depth), _part(element, "sup", depth)
    sign = _property(element, "chr", "∫") or "∫"
    limits = (f"_{_grouped(sub)}" if sub else "") + (f"^{_grouped(sup)}" if sup else "")
    return f"{sign}{limits} {_part(element, 'e', depth)}"


def _delimited(element: Any, depth: int) -> str:
    begin, end = _property(element, "begChr", "("), _property(element, "endChr", ")")
    return begin + _property(element, "sepChr", "|").join(_parts(element, "e", depth)) + end


def _function(element: Any, depth: int) -> str:
    name, value = _part(element, "fName", depth), _part(element, "e", depth)
    return f"{name}{value}" if value.startswith(("(", "[", "{", "|")) else f"{name} {value}"


def _limit(sign: str) -> Callable[[Any, int], str]:
    def told(element: Any, depth: int) -> str:
        return f"{_part(element, 'e', depth)}{sign}{_grouped(_part(element, 'lim', depth))}"

    return told


def _accent(element: Any, depth: int) -> str:
    name = _ACCENTS.get(_property(element, "chr", "\u0302"), "")
    under = _part(element, "e", depth)
    return f"{name}({under})" if name else under


def _bar(element: Any, depth: int) -> str:
    return f"bar({_part(element, 'e', depth)})"


def _lines(element: Any, depth: int) -> str:
    return "; ".join(_parts(element, "e", depth))


def _matrix(element: Any, depth: int) -> str:
    return (
        "["
        + "; ".join(", ".join(_parts(row, "e", depth)) for row in element.findall(f"{MATH}mr"))
        + "]"
    )


def _nothing(element: Any, depth: int) -> str:
    return ""


_FORMS: dict[str, Callable[[Any, int], str]] = {
    "f": _fraction,
    "sSup": _power,
    "sSub": _index,
    "sSubSup": _both,
    "sPre": _before,
    "rad": _root,
    "nary": _large,
    "d": _delimited,
    "func": _function,
    "limLow": _limit("_"),
    "limUpp": _limit("^"),
    "acc": _accent,
    "bar": _bar,
    "eqArr": _lines,
    "m": _matrix,
    "phant": _nothing,
}
