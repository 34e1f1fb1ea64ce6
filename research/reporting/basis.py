"""What the conclusions, calculations and computed figures of a report rest on: each named by a
letter, its own section tells how we got there. Pure."""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import chain, count

from research.domain import RunEvidence, SearchLog
from research.domain.report import (
    Block,
    BulletList,
    CitedCalculation,
    CitedEvidence,
    CitedQuote,
    Figure,
    Paragraph,
    Report,
    Sentence,
)

_LETTERS = "abcdefghijklmnoprstuvwxyz"  # those that have a raised form: no q
_RAISED = str.maketrans(_LETTERS, "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ")
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")
MOST_CITED = 3  # numbers of a citation that stand in the text where a letter tells them as well
_DIGITS = 6  # of a value that is shown rounded
_MOST_DIGITS = 8  # of one that is shown as it is


@dataclass(frozen=True)
class Basis:
    """What a conclusion, a calculation or the output of programs (`runs`, by id) rests on, by the
    first sentence that tells it. Calculations that an `earlier` basis tells are there with its
    letter. Conclusions of which a letter could tell no more than the few sources cited beside them
    share one that is `plain`."""

    letter: str
    said: Sentence
    calculations: tuple[CitedCalculation, ...]
    runs: tuple[str, ...] = ()
    earlier: Mapping[CitedCalculation, str] = field(default_factory=dict, hash=False)
    plain: bool = False

    @property
    def mark(self) -> str:
        """The letter as it stands after a sentence: raised."""
        return raised(self.letter)

    @property
    def is_inference(self) -> bool:
        return _concludes(self.said)

    @property
    def numbers(self) -> set[int]:
        """The sources that are named under the letter, here or at an earlier one."""
        if self.plain:
            return set()
        behind = numbers_behind(self.calculations)
        return behind.union(self.quoted) if self.is_inference or self.runs else behind

    @property
    def quoted(self) -> list[int]:
        """The numbers of the sources of its quotes, ascending."""
        return quoted(self.said)

    @property
    def quotes(self) -> tuple[CitedQuote, ...]:
        return tuple(quotes_in(self.said.evidence))


def quoted(said: Sentence) -> list[int]:
    """The numbers of the sources that a sentence quotes, ascending."""
    return sorted({quote.n for quote in quotes_in(said.evidence)})


def quotes_in(evidence: Iterable[CitedEvidence]) -> list[CitedQuote]:
    return [one for one in evidence if isinstance(one, CitedQuote)]


def raised(letter: str) -> str:
    return letter.translate(_RAISED)


def bases_of(report: Report) -> Mapping[Hashable, Basis]:
    """The bases of a report in reading order, by the `key_of` the sentences that rest on them; a
    basis that several rest on is there for each."""
    found: dict[Hashable, Basis] = {}
    told: dict[CitedCalculation, Basis] = {}
    plain: Basis | None = None
    letters = map(_letter, count())
    for said in everything_said(report):
        key, made = key_of(said), calculations_in(said.evidence)
        if key is None or key in found:
            continue
        earlier = {one: told[one] for one in made if one in told}
        nothing_new = len(earlier) == len(made) and not (
            said.warrant or said.overturned_by or runs_in(said)
        )
        if nothing_new and _concludes(said) and len(quoted(said)) <= MOST_CITED:
            plain = plain or Basis(next(letters), said, (), plain=True)
            found[key] = plain
        elif nothing_new and not _concludes(said) and _only(earlier.values()):
            found[key] = earlier[made[0]]
        else:
            by_letter = {one: basis.letter for one, basis in earlier.items()}
            found[key] = Basis(next(letters), said, made, runs_in(said), by_letter)
            told |= {one: found[key] for one in made if one not in told}
    return found


def _only(bases: Iterable[Basis]) -> bool:
    """Whether they are one basis, and that of no conclusion."""
    letters = {basis.letter: basis for basis in bases}
    return len(letters) == 1 and not any(basis.is_inference for basis in letters.values())


def key_of(said: Sentence) -> Hashable | None:
    """What tells one basis from another; None for a sentence whose quotes say it all."""
    made = (calculations_in(said.evidence), runs_in(said))
    if _concludes(said):
        return (said.text, said.warrant, said.overturned_by, said.confidence, *made)
    return made if any(made) else None


def _concludes(said: Sentence) -> bool:
    return said.kind == "inference" or bool(said.warrant)


def calculations_in(evidence: Iterable[CitedEvidence]) -> tuple[CitedCalculation, ...]:
    return tuple(one for one in evidence if isinstance(one, CitedCalculation))


def numbers_behind(calculations: Iterable[CitedCalculation]) -> set[int]:
    """The sources that their figures are from."""
    return {n for made in calculations for given in made.inputs for n in given.n}


def runs_in(said: Sentence) -> tuple[str, ...]:
    """The programs whose output a sentence rests on, by id."""
    return tuple(dict.fromkeys(one.run_id for one in said.evidence if isinstance(one, RunEvidence)))


def _letter(place: int) -> str:
    """a, b, … z, aa, ab, …"""
    higher, own = divmod(place, len(_LETTERS))
    return (_letter(higher - 1) if higher else "") + _LETTERS[own]


def everything_said(report: Report) -> Iterator[Sentence]:
    """Every sentence in reading order, the cells of tables too."""
    yield from report.answer
    for section in report.sections:
        yield from said_in(*section.blocks)


def searched(report: Report) -> SearchLog | None:
    """What was searched and read for what the report says was not found: the most of it."""
    evidence = chain.from_iterable(said.evidence for said in everything_said(report))
    logs = (one for one in evidence if isinstance(one, SearchLog))
    return max(logs, key=lambda one: (len(one.queries), one.pages), default=None)


def said_in(*blocks: Block) -> Iterator[Sentence]:
    """The sentences of blocks, the cells of a table too."""
    for block in blocks:
        yield from chain.from_iterable(said_together(block))


def said_together(block: Block) -> Sequence[Sequence[Sentence]]:
    """What a reader takes in together: a paragraph, an item of a list, a row of a table."""
    if isinstance(block, Paragraph):
        return [block.sentences]
    if isinstance(block, Figure):
        return [block.caption]
    return block.items if isinstance(block, BulletList) else block.rows


def with_values(made: CitedCalculation) -> str:
    """The expression with its figures in the place of their names, so that anyone can evaluate
    it."""
    values = {
        one.name: f"({one.value})" if one.value.startswith("-") else one.value
        for one in made.inputs
    }
    return _NAME.sub(lambda name: values.get(name[0], name[0]), made.expression)


def value_shown(made: CitedCalculation) -> str:
    """Its value and unit for the eye: after an arrow the exact one, after `≈` a rounded one."""
    shown, rounded = _rounded(made.value)
    return f"{'≈' if rounded else '→'} {shown}{' ' + made.unit if made.unit else ''}"


def _rounded(value: str) -> tuple[str, bool]:
    try:
        exact = Decimal(value)
    except InvalidOperation:
        return value, False
    if not exact.is_finite() or abs(exact.adjusted()) > 2 * _MOST_DIGITS:
        return value, False
    digits = len(exact.normalize().as_tuple().digits)
    if digits <= _MOST_DIGITS or exact == exact.to_integral_value():
        return f"{exact.normalize():,f}", False
    near = round(exact, max(0, _DIGITS - 1 - exact.adjusted()))
    return f"{near.normalize():,f}", True
