"""Formulas of a page as text, once each: the TeX that the page gives, else its MathML in one line
(`x^2`, `(a+b)/c`, `sqrt(x)`).

Known are MathML, KaTeX, MathJax and Wikipedia's hidden form beside a picture. A formula that is
nothing but a drawing is told as `[formula]` and leaves a trace. Not here: TeX between dollar signs
in the text, which is readable as it is.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree, html

from browser.documents.signs import FORMULA
from browser.html.blocks import MISSING

MAX_DEPTH = 60  # of a formula; what is deeper is read as its words

_HOLDERS = frozenset(
    """
    katex katex-display katex-mathml mwe-math-element mathjax mathjax_display mathjax_svg
    mathjax_svg_display mathjax_chtml
    mjx-chtml mjx_assistive_mathml
    """.split()
)
_DRAWN = frozenset(
    {"katex", "mathjax", "mathjax_svg", "mjx-chtml"}
)  # holders that show a formula even without its MathML
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|clip|opacity\s*:\s*0|position\s*:\s*absolute",
    re.IGNORECASE,
)
_TEX = re.compile(r"tex\b", re.IGNORECASE)
_IS_TEX = re.compile(r"\\[a-zA-Z]+|[\^_]\{")
_PICTURE = re.compile(
    r"(?:^|[\s_-])(?:tex|latex|math|mathjax|equation|formula)(?:$|[\s_-])|latex|/math/render/"
    r"|/math/png/",
    re.IGNORECASE,
)
_STYLE = re.compile(
    r"\{\s*\\(?:display|text|script)style\s*(?P<inner>.*)\}|\\(?:display|text)style\s*(?P<rest>.*)",
    re.DOTALL,
)
_SIMPLE = re.compile(r"\d+(?:[.,]\d+)*|\w['′]*|\W|(?:sqrt)?\([^()]*\)")
_NAME = re.compile(r"\w+['′]*")
_INVISIBLE = str.maketrans("", "", "\u2061\u2062\u2063\u2064\u200b")


_TIMES = "\u2062"  # an operator that shows nothing
_NUMBERS = re.compile(r"\d+/\d+")
_WHOLE = re.compile(r"(?<![\w^.,)])\d+$")


class _Quotient(str):
    """A fraction in one line, told from other text by its type."""


def write_out_formulas(tree: Any) -> None:
    """Put each formula of a page into its text. To be done before what is hidden is taken out:
    formulas for readers of the screen are."""
    for script in [
        one for one in tree.iter("script") if (one.get("type") or "").lower().startswith("math/")
    ]:
        for drawn in _drawn_before(script):
            drawn.drop_tree()
        _write(script, _scripted_formula(script.text or ""))
    for math in tree.xpath("//*[name() = 'math' or substring-after(name(), ':') = 'math']"):
        if math.getparent() is not None:
            _write(_holder(math), formula_text(math))
    for drawn in [one for one in tree.iter("span", "div", "mjx-container") if _is_drawn(one)]:
        _write(
            drawn,
            _plain_tex(
                next((one.get("data-latex") for one in drawn.iter() if one.get("data-latex")), "")
            ),
        )
    for picture in list(tree.iter("img")):
        _read_picture(picture)


def _scripted_formula(source: str) -> str:
    """The formula that a script of MathJax holds: TeX, AsciiMath or MathML."""
    if not source.lstrip().startswith("<"):
        return _plain_tex(source)
    try:
        return formula_text(html.fragment_fromstring(source, create_parent="span"))
    except (etree.ParserError, etree.XMLSyntaxError):
        return ""


def formula_text(math: Any) -> str:
    """The text of a `math` element, '' where it holds nothing to read."""
    for note in math.iter():
        if (
            _name(note) == "annotation"
            and _TEX.search(note.get("encoding", ""))
            and (tex := _plain_tex(note.text or ""))
        ):
            return tex
    if _IS_TEX.search(alternative := math.get("alttext", "")):
        return _plain_tex(alternative)
    return linear(math, MAX_DEPTH).translate(_INVISIBLE).strip()


def _plain_tex(tex: str) -> str:
    tex = " ".join(tex.split()).strip("$ ")
    if styled := _STYLE.fullmatch(tex):
        tex = (styled["inner"] or styled["rest"] or "").strip()
    return tex


def _write(element: Any, text: str) -> None:
    element.clear(keep_tail=True)
    element.tag = "span"
    element.text = text or FORMULA
    if not text:
        element.append(element.makeelement("wbr", {MISSING: "formulas"}))


# Where a formula is drawn


def _holder(math: Any) -> Any:
    """The outermost element that shows nothing but this formula."""
    holder = math
    for outer in math.iterancestors():
        if not (_is_holder(outer) or _is_hidden_form(outer)):
            break
        holder = outer
    following = holder.getnext()
    if _is_hidden_form(holder) and following is not None and following.tag == "img":
        following.drop_tree()
    return holder


def _is_holder(element: Any) -> bool:
    return str(element.tag).startswith("mjx-") or not _HOLDERS.isdisjoint(
        element.get("class", "").lower().split()
    )


def _is_hidden_form(element: Any) -> bool:
    """Whether an element hides a formula that the picture after it shows."""
    following = element.getnext()
    is_pictured = (
        following is not None and following.tag == "img" and not (element.tail or "").strip()
    )
    return element.tag == "span" and bool(_HIDDEN.search(element.get("style", ""))) and is_pictured


def _is_drawn(element: Any) -> bool:
    return element.tag == "mjx-container" or not _DRAWN.isdisjoint(
        element.get("class", "").lower().split()
    )


def _drawn_before(script: Any) -> Iterator[Any]:
    """What MathJax shows in place of a script."""
    before = script.getprevious()
    while before is not None and before.get("class", "").lower().startswith(("mathjax", "mjx")):
        following, before = before, before.getprevious()
        yield following


def _read_picture(picture: Any) -> None:
    alternative = " ".join(picture.get("alt", "").split())
    is_formula = bool(
        _PICTURE.search(f"{picture.get('class', '')} ") or _PICTURE.search(picture.get("src", ""))
    )
    if _IS_TEX.search(alternative) or (is_formula and (alternative or "alt" not in picture.attrib)):
        _write(picture, _plain_tex(alternative))


# MathML in one line


def linear(element: Any, depth: int) -> str:
    """MathML as one line of text."""
    name = _name(element)
    if depth == 0:
        return "".join(element.itertext())
    if name in ("annotation", "annotation-xml", "mphantom", "none", "mprescripts", ""):
        return ""
    if name in ("mi", "mn", "mo", "mtext", "ms") or (len(element) == 0 and name != "mspace"):
        text = "".join(element.itertext()).strip()
        return text if text == _TIMES else " ".join(text.translate(_INVISIBLE).split())
    if name == "mspace":
        return " "
    parts = [linear(child, depth - 1) for child in element if _name(child)]
    if len(parts) == 1 and name in ("mrow", "mstyle", "mpadded"):
        return parts[0]
    if name == "mmultiscripts":
        return _with_scripts(element, parts)
    write = _WRITE.get(name)
    return write(element, parts) if write and parts else _joined(parts)


def _name(element: Any) -> str:
    """The tag without a prefix, '' for comments and the like."""
    return (
        element.tag.rpartition(":")[2].rpartition("}")[2].lower()
        if isinstance(element.tag, str)
        else ""
    )


def _joined(parts: list[str]) -> str:
    """One after another, with a space beside words of several letters and behind scripts."""
    text, last = "", ""
    for at, part in enumerate(parts := [part for part in parts if part]):
        if part == _TIMES:
            part = (
                "·"
                if last[-1:].isdecimal() and "".join(parts[at + 1 : at + 2])[:1].isdecimal()
                else ""
            )
        elif isinstance(part, _Quotient):
            part = beside_quotient(part, last, "".join(parts[at + 1 : at + 2]))
        if not part:
            continue
        is_word = any(len(one) > 1 and one.isalpha() for one in (last, part)) or bool(
            re.search(r"[\^_]", last)
        )
        text += f" {part}" if is_word and last[-1:].isalnum() and part[0].isalnum() else part
        last = part
    return text


def beside_quotient(quotient: str, before: str, after: str) -> str:
    """A quotient among what stands beside it: the broken part of a mixed number, or a factor."""
    if _WHOLE.search(before) and _NUMBERS.fullmatch(quotient):
        return f" {quotient}"
    return (
        f"({quotient})"
        if after[:1].isalnum() or after[:1] in ("(", _TIMES) or before[-1:].isalnum()
        else quotient
    )


def _with_scripts(element: Any, parts: list[str]) -> str:
    """A base with its lower and upper scripts in turn; behind `mprescripts` stand those on its
    left."""
    names = [_name(child) for child in element]
    at = names.index("mprescripts") if "mprescripts" in names else len(names)
    return f"{_scripts(parts[at + 1 :])}{_scripted(parts[0], *parts[1:at])}"


def _scripted(base: str, *scripts: str) -> str:
    return f"{base if _NAME.fullmatch(base) else _grouped(base)}{_scripts(scripts)}"


def _scripts(parts: Sequence[str]) -> str:
    return "".join(
        f"{'^' if at % 2 else '_'}{_grouped(part)}" for at, part in enumerate(parts) if part
    )


def _grouped(text: str) -> str:
    return text if not text or _SIMPLE.fullmatch(text) else f"({text})"


def _over(_: Any, parts: list[str]) -> str:
    base, over = parts[0], parts[-1]
    return f"{base}{over}" if len(over) == 1 and not over.isalnum() else _scripted(base, "", over)


def _fraction(element: Any, parts: list[str]) -> str:
    if element.get("linethickness", "1")[:1] == "0":
        return f"binom({', '.join(parts)})"
    return _Quotient("/".join(map(_grouped, parts)))


def _fenced(element: Any, parts: list[str]) -> str:
    separator = (element.get("separators", ",").strip() or "")[:1]
    return f"{element.get('open', '(')}{separator.join(parts)}{element.get('close', ')')}"


_WRITE: dict[str, Any] = {
    "msup": lambda _, parts: _scripted(parts[0], "", *parts[1:]),
    "msub": lambda _, parts: _scripted(*parts),
    "msubsup": lambda _, parts: _scripted(*parts),
    "munder": lambda _, parts: _scripted(*parts),
    "munderover": lambda _, parts: _scripted(*parts),
    "mover": _over,
    "mfrac": _fraction,
    "msqrt": lambda _, parts: f"sqrt({_joined(parts)})",
    "mroot": lambda _, parts: f"root({', '.join(parts)})",
    "mfenced": _fenced,
    "mtable": lambda _, parts: f"[{'; '.join(parts)}]",
    "mtr": lambda _, parts: ", ".join(parts),
    "semantics": lambda _, parts: parts[0],
}
