"""Whether the words of a label come from the question or the claims: by code, so that no model's verdict is needed. Pure.

A title, a heading, a gap or a conclusion may use the words of the texts it is held to and those of a fixed vocabulary, and no others. Not
here: whether a sentence says what its quotes say (`restating.py`)."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from agents.clauses import denied
from agents.vocabulary import (
    CLASSES,
    COMPUTING,
    CONCLUDING,
    DENIALS,
    DIRECTED,
    HEADING,
    IN_A_QUOTE,
    JUDGING,
    LABELLING,
    MEASURES,
    NOT_SAID,
    OF_A_QUOTE,
    SAME,
    SPEAKS,
    TELLING,
    THEN_SAYS,
    UNDOING,
    ZH_COMPUTING,
    ZH_CONCLUDING,
    ZH_FUNCTION,
    ZH_HEADING,
    ZH_JUDGING,
    ZH_LABELLING,
    ZH_MEASURES,
    ZH_TELLING,
    akin,
    zh_same,
)
from research.figures import UNIT_FORMS
from research.text import terms

_LIKE_A_KEY = re.compile(r"(?=[!-~]*\d)(?=[!-~]*[A-Za-z])[!-~]{12,}|[!-~]{32,}", re.ASCII)
_LIES = re.compile(r"\b(?:lied|lying|liars?|lies (?:of|about|by|to)\b|[’']s? lies\b)", re.IGNORECASE)  # *it lies at the coast* tells where
_AROUND = ".,;:!?)]*_'\"(["
LONGEST_ZH = 20  # characters of a Chinese heading
Use = Literal["heading", "label", "conclusion", "reason", "result"]
_UNITS = frozenset(term for form in UNIT_FORMS for term in terms(form))
FREE = {
    "heading": (HEADING | LABELLING | COMPUTING | TELLING | _UNITS | MEASURES) - DIRECTED,
    "label": LABELLING | COMPUTING | TELLING | _UNITS | SAME.keys(),
    "conclusion": LABELLING | CONCLUDING | COMPUTING | TELLING,
    "reason": LABELLING | CONCLUDING | JUDGING | TELLING,
    "result": COMPUTING | TELLING | _UNITS,
}
_ZH_FREE = {
    "heading": (ZH_MEASURES, ZH_HEADING, ZH_LABELLING, ZH_TELLING, ZH_COMPUTING),
    "label": (ZH_LABELLING, ZH_TELLING, ZH_COMPUTING),
    "conclusion": (ZH_CONCLUDING, ZH_LABELLING, ZH_TELLING, ZH_COMPUTING),
    "reason": (ZH_JUDGING, ZH_CONCLUDING, ZH_LABELLING, ZH_TELLING),
    "result": (ZH_COMPUTING, ZH_TELLING),
}
_WORD = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,]\d+)*")
_ZH_JOINS = re.compile("[的和与及之对或]|以及|在(?=.*[的中上])")  # in a heading two names that it joins need not stand side by side
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")


def traced(text: str, held: Iterable[str], use: Use = "label") -> bool:
    """Whether every content word of a text stands in the texts it is held to or is free in such a text, and nothing is denied but what a
    conclusion may deny."""
    texts = list(held)
    text = unicodedata.normalize("NFKC", text)
    text = _without_unsaid(text) if use == "reason" else text
    if _LIES.search(text) and not any(_LIES.search(one) for one in texts):
        return False
    return _latin_traced(text, _held(texts), use) and _chinese_traced(text, texts, use) and _denies_nothing_new(text, texts, use)


def judges(text: str, held: Iterable[str]) -> bool:
    """Whether a judge's reason speaks of a quote and of what it says or does not. Words that are not free stand side by side as they do in
    the texts it is held to, and a cause is named only there or where the quote is the cause."""
    texts, free = list(held), FREE["reason"]
    if not terms(text) or not (SPEAKS.search(text) or _is_free(text)):
        return False
    causes = CLASSES[-1].search(_without_unsaid(text))
    if causes and not SPEAKS.search(text, causes.end()) and not any(causes.group().lower() in one.lower() for one in texts):
        return False
    known, free = {pair for one in texts for pair in _neighbours(one)}, free | {SAME.get(term, term) for term in free}
    return all(pair in known or not free.isdisjoint(pair) for pair in pairwise(_written(text)) if all(pair))


def _written(text: str) -> list[str]:
    """Its Latin words in one form, an empty one where a small word or a mark parts them."""
    found = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,]\d+)*|[,;:.()]", _CHINESE.sub(" ", text))
    return [next((SAME.get(term, term) for term in terms(word)), "") for word in found if word.lower() not in ("the", "a", "an")]


def _neighbours(text: str) -> set[tuple[str, str]]:
    """Words that follow each other, small ones apart; *depth of the trench* is *trench depth*."""
    forms = [form for form in _written(text) if form]
    turned = [_written(f"{two} {one}") for one, two in re.findall(r"(\w+) of (?:the |an? )?(?:[A-Z]\w+ (?=[A-Z]))*(\w+)", text)]
    return {*pairwise(forms), *((pair[0], pair[1]) for pair in turned if len(pair) == 2)}


def _without_unsaid(text: str) -> str:
    """A judge's reason without what says that something is not said: what others may lack as well only of a quote, or in free words."""
    free = _is_free(text)
    return NOT_SAID.sub(lambda said: " " if free or not said["deed"] or _is_a_quotes(said) else said.group(), text)


def _is_a_quotes(deed: re.Match[str]) -> bool:
    """Whether it is a quote that does not do something, or where something is not."""
    if IN_A_QUOTE.match(deed.string, deed.end()):
        return True
    before = re.split(r"[.;。；]", deed.string[: deed.start()])[-1]
    quotes = list(OF_A_QUOTE.finditer(before))
    parts = deed.group().lower().startswith((",", "but", "and"))  # *it says the depth, not the year*
    return bool(quotes) and (parts or not THEN_SAYS.search(before, quotes[-1].end()))


def _is_free(text: str) -> bool:
    """Whether a judge's reason has no words but those of judging."""
    left = ZH_FUNCTION.sub("", NOT_SAID.sub(" ", text))
    for free in _ZH_FREE["reason"]:
        left = free.sub(" ", left)
    return not _CHINESE.search(left) and set(terms(left)) <= FREE["reason"]


def names_matter(text: str, question: str) -> bool:
    """Whether a heading is short, and a third of its words are the question's or such as headings have: the rest may be a claim's, but a
    claim is no heading."""
    held, found = _held([question]), terms(_CHINESE.sub(" ", text))
    ours = sum(term in FREE["heading"] or akin(SAME.get(term, term), held) for term in found)
    return 3 * ours >= len(found) and sum(len(run) for run in _CHINESE.findall(text)) <= LONGEST_ZH


def concludes(text: str, premises: Sequence[str], pages: Sequence[str]) -> bool:
    """Whether a conclusion is drawn from its premises: a third of its words at least are theirs or of concluding, it denies and doubts
    nothing of its own, and what it adds stands nowhere side by side in the pages that were read: it was not put in by one."""
    if not _denies_nothing_new(text, premises, "conclusion") or (UNDOING.search(text) and not any(UNDOING.search(one) for one in premises)):
        return False
    words = [match.group() for match in _WORD.finditer(text) if terms(match.group())]
    held = _held(premises)
    own = [
        _chinese_traced(word, premises, "conclusion") if _CHINESE.match(word) else _latin_traced(word, held, "conclusion") for word in words
    ]
    if sum(own) * 3 < len(words):
        return False
    read, known = _flat(tuple(pages)), [" ".join(one.lower().split()) for one in premises]
    return not any(_stands(pair, read) and not _stands(pair, known) for pair in _added(text.lower(), own))


@lru_cache(maxsize=1)  # each text of an analysis is held to the same pages
def _flat(pages: tuple[str, ...]) -> list[str]:
    return [" ".join(page.lower().split()) for page in pages]


def _added(text: str, own: Sequence[bool]) -> list[str]:
    """Each word that is none of the premises' with the one before it, as they are written; Chinese ones by four characters."""
    spans = [match.span() for match in _WORD.finditer(text) if terms(match.group())]
    pairs = [text[spans[i][0] : spans[i + 1][1]] for i in range(len(spans) - 1) if not (own[i] and own[i + 1])]
    runs = [run[i : i + 4] for run in _CHINESE.findall(text) for i in range(len(run) - 3)]
    return [pair for pair in pairs if not _CHINESE.search(pair)] + runs


def _stands(pair: str, texts: Sequence[str]) -> bool:
    return any(pair in text for text in texts)


def _held(texts: Sequence[str]) -> set[str]:
    return {SAME.get(term, term) for one in texts for term in terms(_CHINESE.sub(" ", one))}


def _latin_traced(text: str, held: set[str], use: Use) -> bool:
    free = FREE[use]
    return all(term in free or akin(SAME.get(term, term), held) or _compares(term, use, held) for term in terms(_CHINESE.sub(" ", text)))


def _compares(term: str, use: Use, known: set[str]) -> bool:
    """Whether a conclusion's word compares in a quality that the texts speak of: *deeper* of depths."""
    bare = term.removesuffix("er").removesuffix("est")
    return use == "conclusion" and bare != term and SAME.get(bare, bare) in known


def _chinese_traced(text: str, texts: Sequence[str], use: Use) -> bool:
    """Whether each pair of characters that is left of a text stands in the others."""
    known = [ZH_FUNCTION.sub("", zh_same(one)) for one in texts]
    left = DENIALS.sub(" ", zh_same(text))
    for free in _ZH_FREE[use]:
        left = free.sub(" ", left)
    left = _ZH_JOINS.sub(" ", left) if use == "heading" else left
    runs = [run for part in _CHINESE.findall(left) for run in [ZH_FUNCTION.sub("", part)] if run]
    pairs = [run[i : i + 2] for run in runs for i in range(max(1, len(run) - 1))]
    return all(any(pair in one for one in known) for pair in pairs)


def _denies_nothing_new(text: str, texts: Sequence[str], use: Use) -> bool:
    known = {form for one in texts for form in denied(one)}
    return all(form in known or (use == "conclusion" and _may_be_denied(form)) for form in denied(text))


def _may_be_denied(form: str) -> bool:
    if _CHINESE.match(form):
        return any(form == word[:1] for word in ZH_CONCLUDING.pattern.split("|"))
    return form in CONCLUDING or form in {SAME.get(term, term) for term in CONCLUDING}


def without_keys(text: str, known: str) -> str:
    """The text without what looks like a key (a long run of ASCII, letters with digits) and does not stand in what is known."""
    kept = _LIKE_A_KEY.sub(lambda match: match.group() if match.group().strip(_AROUND) in known else " ", text)
    return " ".join(kept.split())
