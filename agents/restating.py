"""Whether a sentence only says again what its quotes say: by words and their order, so that no model's verdict is needed. Pure.

Each clause of the sentence must be said by one quote. Its content words stand there too, or are words of telling; most of them follow each
other as they do there; a figure keeps the words it stood among, a name its neighbour, who acts still acts. What denies, doubts, limits or
compares stands in both or in neither. A free paraphrase fails here as well: it is narrowed to the words of its quotes. Between languages
words cannot tell (`between.py`). Not here: labels (`grounding.py`), what becomes of what fails."""

import re
from collections.abc import Callable, Sequence
from itertools import combinations, pairwise

from agents.between import has_its_figure, is_beyond, is_in, may_say
from agents.clauses import (
    CLAUSES,
    COORDINATES,
    THOUGHTS,
    Clause,
    Word,
    done_by,
    first_negated,
    joined,
    longest_runs,
    parts,
    read,
    without_month,
)
from agents.vocabulary import CLASSES, DENIALS, LIMITING, akin
from research.figures import Figure, agree, figures, years
from research.text import language_of

ORDER = 0.6  # the least share of a clause's neighbours that follow each other in its quote
MOST_FIGURES = 100  # of a sentence that is compared figure by figure; a longer list is said again in its own words only
NEAR = 3  # words apart in the quote at most
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|has|have|had)\b|由(?!于|此)|被|是|使|位于|有")
_OBJECT = re.compile(
    r"(?<=\w)\s+(?:the|an?|its|their|his|her|in|on|at|to|from|with|for|about|up|that|\d[\d.,]*)\b|(?<=[\u4e00-\u9fff])[\d了于]"
)
_OWN_DEED = re.compile(r"\W*(?:(?:and|but)\s+)?(?:\w+ed|is|was|were|are|has|have|had|can|will)\b")
_OWN_SUBJECT = re.compile(
    r"\W*(?:(?:and|but|while|whereas|versus)\s+)?(?:(?:the|an?|its|their|his|her|it|he|she|they|this|that|these|those)\b|[A-Z])"
)
_WHILE = re.compile(r"^(?:While|Whereas)\b(.+?),(?=\s)")
_OF_BEFORE = re.compile(r"\W*(?:(?:and|but|while|whereas|versus)\s+)?(?:it|its|he|she|they|their|his|her|this|these|those|that(?! of))\b")
_DIMENSIONS = {"deep", "high", "wide", "long", "heavy", "old", "large", *"深高宽长重大"}
_IN_TURN = re.compile(r"\brespectively\b|分别", re.IGNORECASE)


def restates(text: str, quotes: Sequence[str]) -> bool:
    """Whether each clause of a sentence says again what one of the quotes says."""
    text, quotes = joined(text), [joined(quote) for quote in quotes]
    own = [quote for quote in quotes if is_in(language_of(text), quote)]
    foreign = [quote for quote in quotes if quote not in own]
    if len(figures(text)) > MOST_FIGURES:
        return any(text.rstrip(".。") in quote for quote in quotes)
    thoughts = _thoughts(text)
    if not own:
        return all(any(may_say(thought, quote, text) for quote in foreign) for thought in thoughts)
    if _IN_TURN.search(text) and len(figures(text)) > 1:
        return False
    held = {word.form for quote in own for word in read(quote).words}
    if sum(akin(word.form, held) for word in read(text).words) < 2:
        return False
    return all(
        any(_says(thought, n, quote) for quote in own)
        or (is_beyond(thought, held) and any(has_its_figure(thought, quote) and may_say(thought, quote, text) for quote in foreign))
        for n, thought in enumerate(thoughts)
    )


def _thoughts(text: str) -> list[str]:
    """What a sentence puts side by side. What names no subject of its own says more of the one before."""
    thoughts: list[str] = []
    text = _WHILE.sub(r"\1;", text)
    for part in parts(text, COORDINATES):
        if thoughts and language_of(text) == "en" and (not _OWN_SUBJECT.match(part) or _OF_BEFORE.match(part)):
            thoughts[-1] += part
        else:
            thoughts.append(part)
    return thoughts


def _says(thought: str, place: int, quote: str) -> bool:
    """Whether a quote says all of a thought; a later Chinese one begins as a part of its quote does."""
    if place and language_of(thought) == "zh":
        begins = {part.words[0].form for part in map(read, parts(quote, CLAUSES)) if part.words}
        words = read(thought).words
        if words and words[0].form not in begins:
            return False
    return all(_said_in(read(part), thought, quote) for part in parts(thought, CLAUSES))


def _said_in(clause: Clause, text: str, quote: str) -> bool:
    if not clause.words:
        return not DENIALS.search(clause.text) or bool(DENIALS.search(quote))
    known = read(quote)
    held = {word.form for word in known.words}
    foreign = [word for word in clause.words if not akin(word.form, held)]
    if any(not word.told for word in foreign) or len(foreign) * 2 > len(clause.words) + 1:
        return len(foreign) == len(clause.words) and all(word.told and not word.negated for word in foreign) and not figures(clause.text)
    return (
        not _new_figures(clause.text, quote)
        and _changes_nothing(clause, text, known)
        and _in_order(clause, known, quote)
        and _runs_in_order(clause, known)
        and _keeps_company(clause, quote)
        and _acts_alike(clause, known)
        and _goes_the_same_way(clause, known)
        and _of_one_half(clause, quote)
    )


def _changes_nothing(clause: Clause, text: str, known: Clause) -> bool:
    """Whether denials, doubts, limits and comparisons stand in both."""
    said, quoted = without_month(clause.text), without_month(known.text)
    if any(pattern.search(said) and not pattern.search(quoted) for pattern in CLASSES):
        return False
    own = {word.form for word in clause.words}
    for part in parts(known.text, THOUGHTS, least=1):
        about = {word.form for word in read(part).words if not word.form[0].isdigit()}
        touched = own & about
        limits = [pattern for pattern in LIMITING if pattern.search(without_month(part))]
        if limits and (len(touched) > 1 or touched == about) and not all(p.search(without_month(text)) for p in limits):
            return False
    if clause.denies_telling and not DENIALS.search(known.text):
        return False
    denied = {word.form for word in known.words if word.negated}
    affirmed = {word.form for word in known.words if not word.negated}
    first = {word.form for word in first_negated(known)} - affirmed
    if any(word.form not in denied for word in first_negated(clause)):
        return False
    return bool(denied & {word.form for word in clause.words if word.negated}) or not first & own


def _in_order(clause: Clause, known: Clause, quote: str) -> bool:
    """Whether most neighbours follow each other in the quote, no three are turned round, each name has a neighbour it has there, and
    nothing is joined without a word of telling that stands in two parts of it."""
    places = _places(known)
    pairs = [(a, b) for a, b in zip(clause.chain, clause.chain[1:], strict=False) if a and b and a.form in places and b.form in places]
    turned = bool(clause.by) != bool(known.by)  # who did what, and by whom it was done
    near = [_near(places, a.form, b.form) for a, b in pairs]
    follow = [1.0 if _follows(places, a.form, b.form) or (turned and ok) else ok / 2 for (a, b), ok in zip(pairs, near, strict=True)]
    if pairs and sum(follow) < ORDER * len(pairs):
        return False
    if (
        language_of(clause.text) == "zh"
        and sum(share < 1 and not _counts_only(*pair) for pair, share in zip(pairs, follow, strict=True)) > 1
    ):
        return False  # most pairs of characters are within a word
    for (a, b), (_, c) in pairwise(pairs):
        if not turned and _runs(places, c.form, b.form, a.form) and not _runs(places, a.form, b.form, c.form):
            return False
    for name in _names(clause):
        beside = [
            ok
            for (a, b), ok in zip(pairs, near, strict=True)
            if name in (a.form, b.form) and not _alike(a, b) and not (name == a.form and b.begins)
        ]
        if beside and not any(beside):
            return False
    thoughts = [(part, {word.form for word in read(part).words}) for part in parts(quote, THOUGHTS)]
    apart = [(a, b) for (a, b), ok in zip(pairs, near, strict=True) if not (ok or a.told or b.told or b.begins or _counts_only(a, b))]
    subjects = _subjects(quote)
    return all(
        any(
            b.form in here and (a.form in here or (a.form in subjects and not (n and _OWN_SUBJECT.match(part))))
            for n, (part, here) in enumerate(thoughts)
        )
        for a, b in apart
    )


def _runs_in_order(clause: Clause, known: Clause) -> bool:
    """Whether runs of Chinese characters that stand in the quote, each of two or more, follow each other as there: names that share a
    character (英国, 法国) are told apart by no single one."""
    if language_of(clause.text) != "zh":
        return True
    text = "".join(done_by(known.text))
    found = [run for part in done_by(clause.text) for run in longest_runs(part, text) if len(run) > 1]
    return all(text.find(one) < text.rfind(other) for one, other in combinations(found, 2))


def _alike(a: Word, b: Word) -> bool:
    """Whether two neighbours tell nothing of each other: parts of one name, or a figure."""
    return (a.name and b.name) or _counts_only(a, b)


def _counts_only(a: Word, b: Word) -> bool:
    return a.form[0].isdigit() or b.form[0].isdigit()


def _places(clause: Clause) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, word in enumerate(clause.words):
        places.setdefault(word.form, []).append(place)
    return places


def _near(places: dict[str, list[int]], first: str, second: str) -> bool:
    return any(0 < abs(q - p) <= NEAR for p in places[first] for q in places[second])


def _follows(places: dict[str, list[int]], first: str, second: str) -> bool:
    return any(0 < q - p <= NEAR for p in places.get(first, ()) for q in places.get(second, ()))


def _runs(places: dict[str, list[int]], first: str, second: str, third: str) -> bool:
    return _follows(places, first, second) and _follows(places, second, third)


def _keeps_company(clause: Clause, quote: str) -> bool:
    """Whether each figure and name stands among words of its own part of the quote, and with none that belong to another's."""
    whole = figures(quote)
    said = figures(clause.text)
    for figure in said:
        if figure.unit and not any(
            agree(figure, other) for other in whole if other.unit == figure.unit or not _has_unit(whole, figure.unit)
        ):
            return False
    if not all(_together(part, quote) for part in THOUGHTS.split(clause.text)):
        return False
    mine = {_value(other) for other in whole if not other.is_year and any(agree(figure, other) for figure in said if not figure.is_year)}
    return (
        _is_among_its_own(clause, quote, mine, _counts, THOUGHTS)
        and _is_among_its_own(clause, quote, _years(clause), _years, THOUGHTS)
        and _is_among_its_own(clause, quote, _names(clause), _names, COORDINATES)
    )


def _together(text: str, quote: str) -> bool:
    """Whether the figures of a thought stand in one thought of the quote."""
    said = [figure for figure in figures(text) if not figure.is_year]
    told = [figures(part) for part in THOUGHTS.split(quote)]
    return len(said) < 2 or any(all(any(agree(one, other) for other in part) for one in said) for part in told)


def _is_among_its_own(clause: Clause, quote: str, mine: set[str], marks: Callable[[Clause], set[str]], ends: re.Pattern[str]) -> bool:
    own = {word.form for word in clause.words if not word.form[0].isdigit()}
    bearing = [group for part in parts(quote, ends) if marks(group := read(part))]
    if not mine or not own or not bearing:
        return True
    of_mine = {word.form for group in bearing if marks(group) & mine for word in group.words if not word.form[0].isdigit()}
    if of_mine and not of_mine & own:
        return False
    first = _subject(quote) if not any(_OWN_SUBJECT.match(group.text) for group in bearing[1:] if marks(group) & mine) else set()
    of_others = {word.form for group in bearing if not marks(group) & mine for word in group.words}
    return not own & (of_others - of_mine - first - _DIMENSIONS)


def _subject(text: str) -> set[str]:
    """What a text speaks of: the words before its first auxiliary, else those before its verb, which is the last one before an object."""
    if auxiliary := _AUXILIARY.search(text):
        return {word.form for word in read(text[: auxiliary.start()]).words}
    rest = _OBJECT.search(text)
    before = read(text[: rest.start()]).words if rest else ()
    if language_of(text) == "zh":
        return {word.form for word in before}
    named = next((i for i, word in enumerate(before[1:], 1) if not word.name), len(before))
    return {word.form for word in before[: named if named > 1 else -1]}


def _subjects(quote: str) -> set[str]:
    """What the parts of a quote speak of that name it before an auxiliary."""
    return {form for part in parts(quote, THOUGHTS) for form in _subject(part)}


def _has_unit(found: Sequence[Figure], unit: str) -> bool:
    return any(figure.unit == unit for figure in found)


def _new_figures(text: str, quote: str) -> bool:
    return any(not any(agree(figure, other) for other in figures(quote)) for figure in figures(text))


def _of_one_half(clause: Clause, quote: str) -> bool:
    """Whether a clause takes nothing from another half of its quote, where that has a subject or a deed of its own."""
    halves = parts(quote, COORDINATES)
    if COORDINATES.search(clause.text) or not any(_OWN_SUBJECT.match(half) or _OWN_DEED.match(half) for half in halves[1:]):
        return True
    own = [word.form for word in clause.words if not word.told]
    subject = _subject(quote)
    told = [{word.form for word in read(half).words} | (subject if _OWN_DEED.match(half) else set()) | _DIMENSIONS for half in halves]
    return any(all(akin(form, half) for form in own) for half in told)


def _value(figure: Figure) -> str:
    return str(figure.value.normalize())


def _years(clause: Clause) -> set[str]:
    return years(clause.text)


def _counts(clause: Clause) -> set[str]:
    return {_value(figure) for figure in figures(clause.text) if not figure.is_year}


def _names(clause: Clause) -> set[str]:
    return {word.form for word in clause.words if word.name}


def _acts_alike(clause: Clause, known: Clause) -> bool:
    """Whether who acts in the one acts in the other: *by whom* here is before its word there."""
    return _agents_fit(clause, known) and _agents_fit(known, clause)


def _agents_fit(one: Clause, other: Clause) -> bool:
    places = _places(other)
    agents = {form for names, _ in other.by for form in names}
    for names, deed in one.by:
        here = [form for form in names if form in places]
        if not here or agents & names:
            continue
        if agents or (deed in places and min(min(places[form]) for form in here) > min(places[deed])):
            return False
        chinese = "\u3400" <= here[0][0] <= "\ufaff"
        if deed not in places and (not chinese or None not in other.chain[other.chain_place(here[0]) :]):
            return False  # it acts, but nothing tells in what
    return True


def _goes_the_same_way(clause: Clause, known: Clause) -> bool:
    """Whether what comes *from* and goes *to* does so in both, and what only stands after such a word is not made the subject."""
    ways: dict[str, set[str]] = {}
    for way, form in known.toward:
        ways.setdefault(form, set()).add(way)
    led = {form for _, form in clause.toward}
    if clause.words and clause.words[0].form in ways and clause.words[0].form not in led:
        return False
    known_ways = {way for way, _ in known.toward} & {"from", "to"}
    return all(way in ways.get(form, set()) or (form not in ways and way not in known_ways) for way, form in clause.toward)
