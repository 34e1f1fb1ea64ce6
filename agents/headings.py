"""Whether a heading names what its section is about and states nothing of it. Pure.

A heading has no verb that code can know, no denial and no figure but a year or the question's; a Chinese character that may be a verb is
none inside a whole word. Words that stand side by side in it stand so in the question or in a claim that neither denies nor doubts; what a
claim under it denies it does not name. Of a question that asks for yes or no only the subject counts, and only if a claim holds it. Not
here: whether its words are the question's and the claims' at all (`grounding.py`)."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from agents.clauses import denied, first_negated, read
from agents.framing import FOUND, MONTH, YES_OR_NO, plain, states, supposed, zh_states
from agents.grounding import FREE
from agents.vocabulary import (
    CLASSES,
    COMPUTING,
    DENIALS,
    HEADING,
    LABELLING,
    MEASURES,
    SAME,
    TELLING,
    ZH_COMPUTING,
    ZH_HEADING,
    ZH_LABELLING,
    ZH_MEASURES,
    ZH_TELLING,
    ZH_WHOLE,
    akin,
    zh_same,
)
from research.figures import figures, unsupported_figures
from research.text import language_of, terms

# Free words that are verbs: anywhere, and at the end of a heading.
_TELLS = re.compile(
    r"\b(?:tells|told|says|said|serves|gives|gave|takes|took|makes|reveals|refers|wrote|writes|stands|stood)\b", re.IGNORECASE
)
_WORKS = re.compile(
    r"\b(?:works?|looks|turns|follows|reach(?:es|ed)?|lies|revealed|noted|stated|showed|indicated|determined)\b", re.IGNORECASE
)
_APART = re.compile(r"[,:;/&()（）–—-]")
_FREE = FREE["heading"]
_DEEDS = TELLING.union(*map(terms, "cause effect impact change compare result work look turn answer question".split()))
_NOUNS = (HEADING | LABELLING | COMPUTING | MEASURES) - _DEEDS  # in a name they are part of it: *stock market crash*
_ARTICLES = frozenset(("the", "a", "an"))
_MONTH = re.compile(MONTH)
_ZH_FREE = re.compile("|".join(pattern.pattern for pattern in (ZH_MEASURES, ZH_LABELLING, ZH_HEADING, ZH_TELLING)))
_ZH_NOUNS = re.compile(f"(?:{ZH_MEASURES.pattern}|{ZH_HEADING.pattern}|{ZH_COMPUTING.pattern})+")
_ZH_DEEDS = re.compile("设计|建设|运营|维护|生产|研究|作用|要求|评价|核查|教育")
_FREED, _WHOLE = "\ue000", "\ue001"  # what stands for a character of a free word, and of a whole one
_ZH_PARTS = re.compile(f"(?:(?!以及|关于|[的和与及之对或中上]|在.*[的中上])[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff{_FREED}{_WHOLE}])+")
_ZH_HELD = re.compile(f"[^{_FREED}]+")
_CLAUSES = re.compile("[，。；：！？,;:!?]")
_ZH_IN_NAMES = re.compile("[比可]")  # stand in the names of foreign places
_ZH_DENY = "不无未非"
_SHORT_ZH = 4  # characters of a name


def is_topic(text: str, question: str, claims: Sequence[str]) -> bool:
    """Whether a heading over claims states nothing."""
    if text.rstrip().endswith(("?", "？")):
        return f" {plain(text)} " in f" {plain(question)} " if language_of(text) == "en" else text[:-1] in question
    if any(not figure.is_year for figure in figures(text)) and unsupported_figures(text, [question]):
        return False
    closed, asked = YES_OR_NO.search(question) is not None, supposed(question)
    named = text.replace(asked, " ") if closed and asked and language_of(text) == "zh" else text  # *no study found that coffee harms*
    if denied(ZH_WHOLE.sub(" ", text)) or any(_denies(claim, named) for claim in claims):
        return False
    if closed and not any(_holds(claim, asked) for claim in claims):
        asked = ""
    texts = [one for one in (asked, *filter(_is_sure, claims)) if one]
    if language_of(text) == "en":
        return _names(text, texts, every=closed)
    latin = {term for term in terms(_ZH_PARTS.sub(" ", text)) if term not in _FREE and not term[0].isdigit()}
    if closed and not latin <= {term for one in texts for term in terms(one)}:
        return False
    return _zh_names(text, texts) and not any(_says(claim, text) for claim in claims)


def _is_sure(claim: str) -> bool:
    """Whether a claim neither denies nor doubts."""
    return not DENIALS.search(ZH_WHOLE.sub(" ", claim)) and not any(one.search(_MONTH.sub(" ", claim)) for one in CLASSES[:2])


def _holds(claim: str, subject: str) -> bool:
    return subject in claim if language_of(subject) == "zh" else set(terms(subject)) <= set(terms(claim))


def _says(claim: str, text: str) -> bool:
    """Whether a Chinese heading is a clause of a claim, or all of one but its figure."""
    clauses = _CLAUSES.split(claim)
    return any(clause == text or re.match(rf"{re.escape(text)}(?:[了过至到]|\d)", clause) for clause in clauses)


def _denies(claim: str, text: str) -> bool:
    """Whether a claim denies what a heading names."""
    if language_of(claim) == "zh":
        return any(_zh_denies(clause, text) for clause in _CLAUSES.split(claim))
    return bool({word.form for word in first_negated(read(claim))} & {word.form for word in read(text).words})


def _zh_denies(clause: str, text: str) -> bool:
    """Whether two characters after a denial, of which the first alone may be *can*, or the only one stand in the heading."""
    whole, bare = ZH_WHOLE.findall(clause), ZH_WHOLE.sub(" ", text)
    if any(word[1:] in bare for word in whole if word[0] in _ZH_DENY):
        return True
    said = ZH_WHOLE.sub(lambda word: " " if word.group()[0] in _ZH_DENY else word.group(), clause)
    if any(re.search(f"(?:{DENIALS.pattern}).?{word}", said) for word in ZH_WHOLE.findall(text)):
        return True
    named = zh_same(bare)
    runs = "".join(word.form if word.negated else " " for word in read(said).words).split()
    return any(run in named if len(run) == 1 else any(run[i : i + 2] in named for i in range(len(run) - 1)) for run in runs)


def _names(text: str, texts: Sequence[str], *, every: bool) -> bool:
    """Whether held words that stand side by side do so in a text (`every`: any held word stands in one), and no free word stands between
    them but in a name."""
    said = _APART.sub(" ", FOUND.sub(" ", text))
    if states(said, texts) or _TELLS.search(said) or _WORKS.search(said.rstrip().rsplit(" ", 1)[-1]):
        return False
    forms, stems = _forms(said), _stems(said)
    known = {pair for one in texts for pair in pairwise(_forms(one)) if all(pair)}
    held = "".join(" " if not form else "F" if form in _FREE else "H" for form in stems)
    if not all(_is_name(stems[run.start() : run.end(1)], texts) for run in re.finditer("(?=(HF+H))", held)):
        return False
    single = {form for one in texts for form in _forms(one) if form}
    if every and not all(akin(form, single) for form, kind in zip(forms, held, strict=True) if kind == "H"):
        return False
    beside = [pair for pair, kinds in zip(pairwise(forms), pairwise(held), strict=True) if kinds == ("H", "H")]
    return all(any(akin(one, {a}) and akin(other, {b}) for a, b in known) for one, other in beside)


def _is_name(stems: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether words stand side by side in a text which says more, and what is free of them is no deed."""
    if not set(stems[1:-1]) <= _NOUNS:
        return False
    wanted = list(stems)
    for one in texts:
        for clause in _CLAUSES.split(one):
            found = _stems(clause)
            if found != wanted and any(found[i : i + len(wanted)] == wanted for i in range(len(found))):
                return True
    return False


def _stems(text: str) -> list[str]:
    """Its words without articles; one that only joins is empty."""
    return [(terms(word) or [""])[0] for word in re.findall(r"[\w.'’]+", text) if word.lower() not in _ARTICLES]


def _forms(text: str) -> list[str]:
    return [SAME.get(stem, stem) for stem in _stems(text)]


def _zh_names(text: str, texts: Sequence[str]) -> bool:
    """Whether each piece between joining and free words stands in a text and says nothing, and no free word is its verb."""
    marked = ZH_WHOLE.sub(_as(_WHOLE), _ZH_FREE.sub(_as(_FREED), text))
    for part in _ZH_PARTS.finditer(marked):
        pieces = [text[part.start() + piece.start() : part.start() + piece.end()] for piece in _ZH_HELD.finditer(part.group())]
        if not all(any(piece in one for one in texts) for piece in pieces):
            return False
        if zh_states(part.group()) and any(zh_states(piece) and not _is_short_name(piece) for piece in pieces):
            return False
        if len(pieces) > 1 and not _is_zh_name(text[part.start() : part.end()], texts):
            return False
    return True


def _as(mark: str) -> Callable[[re.Match[str]], str]:
    return lambda word: mark * len(word.group())


def _is_short_name(piece: str) -> bool:
    return len(piece) <= _SHORT_ZH and not zh_states(_ZH_IN_NAMES.sub("", piece))


def _is_zh_name(part: str, texts: Sequence[str]) -> bool:
    """Whether words with a free one between them stand so in a text, and the free one is no deed."""
    nouns = all(_ZH_NOUNS.fullmatch(free) and not _ZH_DEEDS.search(free) for free in _ZH_FREE.findall(part))
    return (nouns or len(part) <= _SHORT_ZH + 1) and any(part in one for one in texts)
