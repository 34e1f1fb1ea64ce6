"""Whether a heading names what its section is about and states nothing of it. Pure.

A heading has no verb that code can know, no denial and no figure but a year or the question's. Words that stand side by side in it stand so
in the question, if that does not ask for yes or no, or in a claim that neither denies nor doubts; what a claim under it denies it does not
name. Not here: whether its words are the question's and the claims' at all (`grounding.py`)."""

import re
from collections.abc import Sequence
from itertools import pairwise

from agents.clauses import denied, first_negated, read
from agents.framing import FOUND, STATES, plain
from agents.grounding import FREE
from agents.vocabulary import CLASSES, DENIALS, SAME, ZH_HEADING, ZH_LABELLING, ZH_MEASURES, ZH_TELLING, akin
from research.figures import figures, unsupported_figures
from research.text import language_of, terms

_YES_OR_NO = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|may|might|must|shall|should)\b|\b(?:whether|if|that)\b"
    r"|吗|是否|是不是|有没有|能否|可否|能不能|会不会",
    re.IGNORECASE,
)
_WORKS = re.compile(
    r"\b(?:works?|looks|turns|follows|reach(?:es|ed)?)\b", re.IGNORECASE
)  # free words that are verbs at the end of a heading
_APART = re.compile(r"[,:;/&()（）–—-]")
_FREE = FREE["heading"]
_ARTICLES = frozenset(("the", "a", "an"))
_ZH_STATES = re.compile("[是有被把比由使让没不无未会能可更最应了将]|非(?![常洲])")
_ZH_FREE = re.compile("|".join(pattern.pattern for pattern in (ZH_MEASURES, ZH_LABELLING, ZH_HEADING, ZH_TELLING)))
_ZH_JOINS = re.compile("[^\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaffF]+|[的和与及之对或中上]|以及|关于")
_SHORT_ZH = 4  # characters of a name


def is_topic(text: str, question: str, claims: Sequence[str]) -> bool:
    """Whether a heading over claims states nothing."""
    if text.rstrip().endswith(("?", "？")):
        return f" {plain(text)} " in f" {plain(question)} " if language_of(text) == "en" else text[:-1] in question
    if any(not figure.is_year for figure in figures(text)) and unsupported_figures(text, [question]):
        return False
    if denied(text) or {word.form for word in read(text).words} & {form for claim in claims for form in _denied(claim)}:
        return False
    sure = [claim for claim in claims if not any(pattern.search(claim) for pattern in (DENIALS, *CLASSES[:2]))]
    asked = [] if _YES_OR_NO.search(question) else [question]
    return _zh_names(text, question, [*asked, *sure]) if language_of(text) == "zh" else _names(text, [*asked, *sure])


def _denied(claim: str) -> set[str]:
    """What a claim denies; in Chinese the first character after the denial alone may be *can* or *have*."""
    said = read(claim)
    return {word.form for word in (said.words if language_of(claim) == "zh" else first_negated(said)) if word.negated}


def _names(text: str, texts: Sequence[str]) -> bool:
    """Whether held words that stand side by side do so in a text, and no free word stands between them."""
    said = _APART.sub(" ", FOUND.sub(" ", text))
    if STATES.search(said) or _WORKS.search(said.rstrip().rsplit(" ", 1)[-1]):
        return False
    known = {pair for one in texts for pair in pairwise(_forms(one)) if all(pair)}
    held = "".join(" " if not form else "F" if form in _FREE else "H" for form in _stems(said))
    if re.search("HF+H", held):
        return False
    beside = [pair for pair, kinds in zip(pairwise(_forms(said)), pairwise(held), strict=True) if kinds == ("H", "H")]
    return all(any(akin(one, {a}) and akin(other, {b}) for a, b in known) for one, other in beside)


def _stems(text: str) -> list[str]:
    """Its words without articles; one that only joins is empty."""
    return [(terms(word) or [""])[0] for word in re.findall(r"[\w.'’]+", text) if word.lower() not in _ARTICLES]


def _forms(text: str) -> list[str]:
    return [SAME.get(stem, stem) for stem in _stems(text)]


def _zh_names(text: str, question: str, texts: Sequence[str]) -> bool:
    """Whether each piece between joining words stands in a text, or is a short one of the question, and no free word is its verb."""
    said = _ZH_FREE.sub("F", text)
    if _ZH_STATES.search(said) or re.search(r"[^\W\dF]F+[^\W\dF]", _ZH_JOINS.sub(" ", said)):
        return False
    pieces = [piece for part in _ZH_JOINS.split(said) for piece in part.split("F") if piece]
    return all(any(piece in one for one in texts) or (len(piece) <= _SHORT_ZH and piece in question) for piece in pieces)
