"""Whether a sentence without evidence only leads on to what follows: *below we compare …*, *本节介绍…*. Pure.

It is of the report, its deed is one that takes no finding (a section may *describe* or *list*, it does not *show*), and what it leads on to
is named by words of headings and, last in English and first in Chinese, by a part of the question as it stands there. So a figure or a name
is the question's, and nothing is said of the subject. Not here: how many such sentences there may be (`check.py`)."""

import re
from collections.abc import Sequence

from agents.vocabulary import HEADING, LABELLING, MEASURES, TELLING, ZH_HEADING, ZH_LABELLING, ZH_WHOLE
from research.figures import figures
from research.text import language_of, terms

LONGEST = 200  # characters of what is led on to
_LEADS = re.compile(
    r"(?:(?:below|above|next|first|second|third|then|finally|here|(?:in|with) (?:this|the (?:next|following)) (?:report|section|part)),? )?"
    r"(?:we|this (?:report|section|part|answer|table|figure)|the (?:following |next |first |second |third )?"
    r"(?:report|sections?|parts?|answer|table|figures?|comparison|overview)(?: below| above)?) (?:then |first |now |next |also )?"
    r"(?:looks? (?:first )?at|turns? to|compares?|lists?|describes?|discuss(?:es)?|presents?|summari[sz]es?|gives?|examines?|considers?"
    r"|covers?|concerns?|begins? with|deals? with|sets? out) (?P<rest>.+)",
    re.IGNORECASE,
)
_ZH_LEADS = re.compile(
    r"(?:以下|下面|下文|首先|接下来|下表|(?:本|这一)(?:报告|节|文|部分))，?(?:我们)?(?:将|先|再|依次|分别)?"
    r"(?:来看|看一?看|比较|对比|介绍|列出|讨论|概述|总结|回顾)(?P<rest>.+)"
)
FOUND = re.compile(
    r"\bwhat (?:was|were|is|has been) (?:found|read|measured|known|said|asked)\b"
    r"|\bwhat the (?:sources|documents|pages) (?:say|tell|give)\b",
    re.IGNORECASE,
)
_STATES = re.compile(
    r"\b(?:is|are|was|were|be|been|being|am|has|have|had|do|does|did|can|could|will|would|may|might|must|shall|should|not|no|nor|never|none"
    r"|without|than|that|which|who|how|why|because|if|as|more|most|less|only|all|any|every|it|they|he|she)\b|[^\w\s,'’-]",
    re.IGNORECASE,
)
# What looks like a verb or the end of a sentence and is none: a month and, if it stands so in the question or a claim, *Will Smith*, *U.S.*
MONTH = r"(?:\b(?:of|in|since|until|from|to|early|mid|late) May\b|\bMay(?= \d))"
_MONTH = re.compile(MONTH)
_PROPER = re.compile(r"\b(?:IT|WHO)\b|\b(?:Will|Can|Am|Do) [A-Z][a-z]+|\b[A-Z]\.(?:[A-Z]\.)*|\w+(?:\.\w+)+")
_IN_SMALL = re.compile(r"(?<![.!?]\s)\b[a-z]{4,}")  # a title in capitals tells no name from a verb
_ASKS = "is|are|was|were|do|does|did|has|have|had|can|could|will|would|may|might|must|shall|should"  # as the first word of a question
YES_OR_NO = re.compile(rf"^\W*(?:{_ASKS})\b|\b(?:whether|if|that)\b|吗|是否|是不是|有没有|能否|可否|能不能|会不会", re.IGNORECASE)
_ZH_STATES = re.compile("[是有被把比由使让没不无未会能可更最应了将]|非(?![常洲])")
_SUBJECT = re.compile(
    rf"(?:\b(?i:whether|if|that)|^\W*(?i:{_ASKS}))(?: the| an?)?(?! (?:there|it|whether|if|that|we|you|i)\b)"
    r" ((?:[A-Z][\w'’-]*(?: of(?: the)? (?=[A-Z]))? ?)+|[a-z][\w'’-]*)"
)
_ZH_IF_TRUE, _ZH_DEEDS = re.compile("[真假]|属实|事实"), re.compile("[的致]|造成|引[起发]")
_ZH_ASKS = re.compile("是否|是不是|有没有|能否|可否|能不能|会不会")
_JOINS = re.compile(r"(?:^|\b(?:of|at|on|about|between|for|in|to|from|and|with|by)\s)(?:the |an? )?$", re.IGNORECASE)
_FREE = LABELLING | HEADING | TELLING | MEASURES
_ZH_FREE = re.compile(rf"{ZH_LABELLING.pattern}|{ZH_HEADING.pattern}|来源|数据|资料|各|其|的|和|与|及|、")


def frames(text: str, question: str) -> bool:
    """Whether a sentence only leads on."""
    chinese = language_of(text) == "zh"
    found = (_ZH_LEADS if chinese else _LEADS).fullmatch(text.strip().rstrip(".。:："))
    if found is None or len(found["rest"]) > LONGEST:
        return False
    return _zh_names(found["rest"], question) if chinese else _names(found["rest"], question)


def _names(rest: str, question: str) -> bool:
    """Whether it is words of headings, then a part of what the question supposes that a small word joins to them."""
    words, asked = FOUND.sub("", rest).split(), f" {plain(supposed(question))} "
    start = next((i for i in range(len(words)) if f" {plain(' '.join(words[i:]))} " in asked), len(words))
    head, part = " ".join([*words[:start], ""]), " ".join(words[start:]).rstrip(".")
    if figures(head) or states(head, ()) or states(part, [question]) or not set(terms(head)) <= _FREE:
        return False
    return start == len(words) or _JOINS.search(head) is not None


def _zh_names(rest: str, question: str) -> bool:
    """Whether it is a part of what the question supposes, or one that asks, then words of headings that 的 joins to it."""
    asked = supposed(question)
    end = next((n for n in range(len(rest), 1, -1) if rest[:n].strip("的") and _zh_stands(rest[:n], question, asked)), 0)
    tail = rest[end:]
    return not _ZH_FREE.sub("", tail) and (not end or not tail or "的" in (tail[0], rest[end - 1]))


def _zh_stands(part: str, question: str, asked: str) -> bool:
    return part in asked or (_ZH_ASKS.search(part) is not None and part in question)


def states(text: str, texts: Sequence[str]) -> bool:
    """Whether English words have a verb, a denial or a comparison that is none of the names which stand in these texts."""
    known = [one for one in texts if _IN_SMALL.search(one)]
    said = _PROPER.sub(lambda name: " " if any(name.group() in one for one in known) else name.group(), _MONTH.sub(" ", text))
    return _STATES.search(said) is not None


def zh_states(text: str) -> bool:
    """Whether Chinese words do, whole words that only hold such a character apart."""
    return _ZH_STATES.search(ZH_WHOLE.sub(" ", text)) is not None


def supposed(question: str) -> str:
    """What a question supposes to be there: its words, but only the subject of one that asks for yes or no."""
    if not YES_OR_NO.search(question):
        return question
    if language_of(question) == "zh":
        whole = ZH_WHOLE.sub(lambda word: "F" * len(word.group()), question)
        deed = _ZH_STATES.search(whole)
        subject = "" if deed is None or _ZH_IF_TRUE.search(question) else question[: deed.start()]
        return "" if _ZH_DEEDS.search(subject) else subject
    found = _SUBJECT.search(question)
    if found is None:
        return ""
    words = found.group(1).split()
    return " ".join(words) if _IN_SMALL.search(question[found.start(1) :]) else words[0]


def plain(text: str) -> str:
    """The words of a text, as they are compared."""
    return " ".join(re.findall(r"[\w.'’-]+", text.lower())).rstrip(".")
