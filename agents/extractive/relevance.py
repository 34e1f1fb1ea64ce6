"""How much a sentence has to do with a question, measured on words alone. Pure.

The share of the question's terms, weighted, that the sentence or its title holds. Names and figures
weigh double: a sentence about another lake is not an answer. Between languages words cannot tell;
there the measure is None and only a model can judge.
"""

import re
from collections.abc import Sequence

from research.text.figures import in_digits, latin_names, names
from research.text.language import sets_spaces
from research.text.listing import is_order
from research.text.sentences import affirms, language_of, terms

FLOOR = 0.5  # below this, a sentence that no model has judged is no claim
ASIDE = 0.6  # what a term is worth that stands only in the title
# the share of a Chinese question's pairs of characters that can be met: the others straddle two
# words
PAIRS = 0.6

LEAST = 0.2  # below this, a sentence is no claim whatever a model says of it

_NOT_STATED = re.compile(
    r"\bnot (stated|mentioned|said|found|given|provided|specified|available|known|clear)\b"
    r"|\bunknown\b|\bno (answer|information|mention)\b"
    r"|\bn/?a\b|未提及|未说明|没有提|未知|无法|不清楚|没有说|未提到|没有信息",
    re.IGNORECASE,
)


_OPEN = re.compile(
    r"^\W*(how (?!many|much|long|deep|tall|high|old|far|fast|big|large|wide|heavy|often|hot"
    r"|cold)\w+"
    r"|why|describe|explain|compare|summari[sz]e|give|tell"
    r"|what (are|were) the|what (did|does|do|has|have)\b.*\b(do|done)\b|in what ways?|which \w+s\b)"
    r"|怎样|怎么|如何|为什么|为何|介绍|说明|描述|比较|哪些|历史|方法|原因|影响|区别|特点|过程",
    re.IGNORECASE,
)
_ONE = re.compile(
    r"^\W*(who|whose|whom|where|which|did|does|do|is|was|are|were|has|have|had|can|could|will"
    r"|what (is|was) the)\b"
    r"|\b(who|whether|which one)\b|谁|哪[一个位里家种]|何处|叫什么|什么(材料|名字|地方)|是不是"
    r"|是否|有没有|吗[？?]?$",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(
    r"^\W*(did|does|do|is|was|are|were|has|have|had|can|could|will|would)\b|是不是|是否|有没有"
    r"|能否|吗[？?]?$",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"\b(?:and|or)\s+(?:how|why|what|when|who|where)\b|[?？].*[?？]|[，,；;](?:又|以及"
    r"|并且)?(?:谁|何时|哪[年里]|多[深高长大少]|什么时候)",
    re.IGNORECASE,
)
NEAR = 0.35  # how relevant a sentence must be to stand beside an answer


def is_open(question: str) -> bool:
    """Whether a question asks for an account (how, why, which ones) and not for one fact."""
    return _OPEN.search(question) is not None


def asks_for_one(question: str) -> bool:
    """Whether a question has one right answer (who, where, which one, yes or no), so that two
    answers contradict each other."""
    return not is_open(question) and _ONE.search(question) is not None


def takes_few_words(question: str) -> bool:
    """Whether a few words can answer a question: it asks for one thing, is no order to write
    something, and wants no account."""
    return not (is_open(question) or is_order(question) or _SEVERAL.search(question))


def asks_yes_or_no(question: str) -> bool:
    return _YES_OR_NO.search(question) is not None


def relevance(question: str, sentence: str, title: str = "") -> float | None:
    """0 to 1, or None when question and sentence are in different languages."""
    if language_of(question) != language_of(sentence):
        return None
    wanted = set(terms(question))
    if not wanted:
        return 0.0
    heavy = {term for name in names(question) for term in terms(name)} | {
        t for t in wanted if t[0].isdigit()
    }
    held, aside = set(terms(sentence)), set(terms(title))
    weights = {term: 2.0 if term in heavy else 1.0 for term in wanted}
    got = sum(
        w if term in held else w * ASIDE if term in aside else 0.0 for term, w in weights.items()
    )
    whole = sum(weights.values()) * (1.0 if sets_spaces(question) else PAIRS)
    return min(1.0, got / whole)


def off_subject(question: str, text: str, title: str = "") -> bool:
    """Whether the question is about named things of which neither the text nor its title holds even
    half a name. A text that holds a part of a name and names no other thing of that kind may be
    about it: *the railway* is the Kestrel Cliff Railway until another is named. Not of a Chinese or
    Japanese text: there a Latin name of the question is mostly the gloss of a Chinese one."""
    wanted = [set(terms(name)) for name in latin_names(question)]
    wanted = [name for name in wanted if name]
    if not wanted or not sets_spaces(text):
        return False
    held = set(terms(text)) | set(terms(title))
    if any(len(name & held) * 2 >= len(name) for name in wanted):
        return False
    others = [set(terms(name)) for name in names(text) | names(title)]
    return not any(
        name & held and not any(name & other and other - name for other in others)
        for name in wanted
    )


def states(answer: str) -> bool:
    """Whether a short answer says anything at all."""
    return (affirms(answer) is not None or bool(terms(answer))) and not _NOT_STATED.search(answer)


def says(sentence: str, answer: str) -> bool:
    """Whether a sentence holds a short answer: all its figures, or, if it has none, nearly all its
    words."""
    said, held = set(terms(in_digits(answer))), set(terms(in_digits(sentence)))
    figures = {term for term in said if term[0].isdigit()}
    if _NOT_STATED.search(answer) or not said:
        return False
    return figures <= held if figures else len(said & held) >= 0.8 * len(said)


def grounded(answer: str, sentences: Sequence[str]) -> bool:
    """Whether a short answer says something, and what it says stands in the sentences: every
    figure, most of its words."""
    said = set(terms(in_digits(answer)))
    if not said or _NOT_STATED.search(answer):
        return False
    held = {term for sentence in sentences for term in terms(in_digits(sentence))}
    figures = {term for term in said if term[0].isdigit()}
    if not figures <= held:
        return False
    if figures:
        return True
    across = any(language_of(answer) != language_of(sentence) for sentence in sentences)
    return across or len(said & held) * 2 >= len(said)
