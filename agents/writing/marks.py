"""The marks that a writer puts behind a clause to say what it rests on. Pure.

    {c9}  {c9, d3.12}          claims and sentences that were read
    {K1}                       a calculation of the outline
    {= (46.9 / 84.8) * 100; c9, c12}    a calculation made on the spot, over figures of these
    {K40 = 21 * 240; d3.12}    the same with a name, by which later marks may use it
    {i: c9, K1; medium; flips if …}     an inference, its premises, how sure, what would overturn it
    {i: given; low}  {i: c9, absent}    one from what the question says, or was not found
    {absent: d3, d5}  {absent}          looked for in these documents, or in all that was searched
    {given}  {method}          what the question says; what was done to answer it

Not here: which evidence a mark stands for (`resolving.py`)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from agents.guarding.untrusted_text import unseen_left_out
from research.domain import Confidence

MarkKind = Literal["rests", "calculation", "inference", "absent", "given", "method"]
FIRST_SIGN, LAST_SIGN = 0xE000, 0xF8FF  # a private sign stands for a mark while Markdown is read

_MARK = re.compile(r"\{([^{}\n]{1,1000})\}")
_CODE = re.compile(r"(`[^`\n]*`)")  # in which braces are no marks
_REF = r"(?:c\d+|K\d+|d\d+\.\d+(?:\s*[-–—]\s*(?:d\d+\.)?\d+)?|run-\w+)"
_REFS = re.compile(rf"{_REF}(?:[\s,;，、；]+{_REF})*", re.ASCII)
_SAID = re.compile(r"[,\s]*\b(?:given|method)\b")
_GIVEN = re.compile(r"\b(?:given|absent)\b")
_LATER_INFERENCE = re.compile(r"\bi(?:nference)?\s*[:：]", re.IGNORECASE)
# two marks in one: {d2.3, absent: d5}, {absent, d2.3}, {d2.3, = 92 + 139; d2.4}
_TWO = re.compile(rf"(?P<first>{_REF}(?:[\s,，、]+{_REF})*)[\s,，、]+(?P<second>(?:absent\b|=).*)")
_ONE = re.compile(_REF)
_NAMED = re.compile(rf"\b{_REF}\b", re.ASCII)
DOCUMENT = re.compile(r"d\d+")
_KINDS: dict[str, MarkKind] = {
    "i": "inference",
    "inference": "inference",
    "absent": "absent",
    "given": "given",
    "method": "method",
}
_FLIPS = re.compile(r"^flips if:?\s*", re.IGNORECASE)
_CONFIDENCE = ("low", "medium", "high")
_SIGN = re.compile(f"([{chr(FIRST_SIGN)}-{chr(LAST_SIGN)}])")
_END_BEFORE = re.compile(
    rf"((?<![.!?。！？…;；:：])[.!?。！？…;；:：]{{1,20}}[\"”’」』)\]*]{{0,20}})(\s{{0,20}})([{chr(FIRST_SIGN)}-{chr(LAST_SIGN)}]+)"
)


@dataclass(frozen=True)
class WrittenMark:
    """A mark as it was written."""

    kind: MarkKind
    refs: tuple[str, ...] = ()
    expression: str = ""
    confidence: Confidence | None = None
    overturned_by: str = ""
    name: str = ""  # of a calculation made on the spot


def read_marks(body: str) -> list[WrittenMark]:
    """The marks between two braces: one, two that were written as one, or none."""
    absent, _, cited = body.replace("，", ",").partition(",")
    if absent.strip() == "absent" and _REFS.fullmatch(cited.strip()):
        return [WrittenMark("absent"), WrittenMark("rests", _references(cited))]
    two = None if is_result(body.partition("=")[0].strip()) else _TWO.fullmatch(body.strip())
    found = list(map(read_mark, two.groups() if two else (body,)))
    return [mark for mark in found if mark] if None not in found else []


def is_result(name: str) -> bool:
    """Whether it is the name of a calculation's result: K1, K2 and so on."""
    return name.isascii() and name[:1] == "K" and name[1:].isdecimal()


def read_mark(body: str) -> WrittenMark | None:
    """The mark between two braces; None for what is none."""
    first, *fields = (field.strip() for field in re.split("[;|；｜]", body))
    name, made, expression = map(str.strip, first.partition("="))
    if made and (not name or is_result(name)):
        refs = _references(" ".join(fields))
        return WrittenMark("calculation", refs, expression, name=name) if expression else None
    head, _, rest = first.replace("：", ":", 1).partition(":")
    match _KINDS.get(head.strip().lower()):
        case None:
            return _mixed(first, fields)
        case "absent":
            return WrittenMark("absent", tuple(DOCUMENT.findall(rest)))
        case "inference":
            return _inference([rest, *fields])
        case kind:
            return WrittenMark(kind, _references(" ".join([rest, *fields])))


def _inference(fields: Iterable[str]) -> WrittenMark:
    """An inference: among its fields its premises, how sure it is, and what would overturn it."""
    premises: list[str] = []
    flips: list[str] = []
    sure = ""
    for place, field in enumerate(filter(None, fields)):
        names = _references(field) or _GIVEN.search(field)
        if field.lower() in _CONFIDENCE:
            sure = sure or field.lower()
        elif (place == 0 and names) or _REFS.fullmatch(field) or _GIVEN.fullmatch(field):
            premises.append(field)
        else:
            flips.append(field)
    rests = " ".join(premises)
    return WrittenMark(
        "inference",
        (*_references(rests), *dict.fromkeys(_GIVEN.findall(rests))),
        confidence=cast("Confidence | None", sure or None),
        overturned_by=_FLIPS.sub("", " ".join(flips)),
    )


def _mixed(first: str, fields: Sequence[str]) -> WrittenMark | None:
    """A mark that names sentences first and then its kind: {d2.3, i: d2.4; high; flips if …},
    {d1.2, given}. An inference is one whatever stands beside it; else what is cited says more than
    what is said in the question."""
    drawn = _LATER_INFERENCE.search(first)
    before = first[: drawn.start()] if drawn else " ".join([first, *fields])
    cited = _SAID.sub("", f" {before}").strip(" ,，、")
    if drawn and (not cited or _REFS.fullmatch(cited)):
        told = [*_GIVEN.findall(before), cited, first[drawn.end() :]]
        return _inference([" ".join(told).strip(), *fields])
    if drawn or not _REFS.fullmatch(cited):
        return None
    return WrittenMark("rests", _references(cited))


def _references(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.sub(r"\s+", "", ref) for ref in _ONE.findall(text)))


def lift(markdown: str) -> tuple[str, list[WrittenMark]]:
    """The Markdown with a private sign in place of each mark, and the marks by sign, in order. A
    mark that stands behind the end of its sentence comes before it."""
    marks: list[WrittenMark] = []

    def signed(match: re.Match[str]) -> str:
        found = read_marks(match[1])
        if not found or FIRST_SIGN + len(marks) + len(found) > LAST_SIGN:
            return match[0]
        first = FIRST_SIGN + len(marks)
        marks.extend(found)
        return "".join(chr(first + place) for place in range(len(found)))

    pieces = _CODE.split(_SIGN.sub("", unseen_left_out(markdown)))
    lifted = "".join(
        piece if place % 2 else _MARK.sub(signed, piece) for place, piece in enumerate(pieces)
    )
    # *2023) ·* is no item of a list
    lifted = re.sub(
        rf"(?<=[\w){chr(FIRST_SIGN)}-{chr(LAST_SIGN)}]) +(?={_SIGN.pattern})", "", lifted
    )
    return _END_BEFORE.sub(r"\3\1\2", lifted), marks


def inert(markdown: str) -> str:
    """Markdown in which nothing is a mark, though its words stand in braces as those of one."""
    return _MARK.sub(
        lambda match: f"&#123;{match[0][1:]}" if read_marks(match[1]) else match[0], markdown
    )


def unread(text: str) -> list[str]:
    """What stands in braces in a text and names sentences, claims or calculations, though it was
    read as no mark. Not in code."""
    braces = _MARK.finditer(_CODE.sub("", text))
    return [match[0] for match in braces if _NAMED.search(match[1])]


def split_signs(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its signs and the space before them, and for each sign its offset in that
    text and the number of its mark."""
    plain, placed = "", list[tuple[int, int]]()
    for piece in _SIGN.split(text):
        if _SIGN.fullmatch(piece):
            plain = plain.rstrip()
            placed.append((len(plain), ord(piece) - FIRST_SIGN))
        else:
            plain += piece if plain else piece.lstrip()
    return plain.rstrip(), placed


def signs_in(text: str) -> str:
    return "".join(_SIGN.findall(text))
