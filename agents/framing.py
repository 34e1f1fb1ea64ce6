"""Whether a sentence without evidence only leads on to what follows: *below we compare …*, *本节介绍…*. Pure.

It is of the report, its deed is one that takes no finding (a section may *describe* or *list*, it does not *show*), and what it leads on to
is named by words of headings and, last in English and first in Chinese, by a part of the question as it stands there. So a figure or a name
is the question's, and nothing is said of the subject. Not here: how many such sentences there may be (`check.py`)."""

import re

from agents.vocabulary import HEADING, LABELLING, MEASURES, TELLING, ZH_HEADING, ZH_LABELLING
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
STATES = re.compile(
    r"\b(?:is|are|was|were|be|been|being|am|has|have|had|do|does|did|can|could|will|would|may|might|must|shall|should|not|no|nor|never|none"
    r"|without|than|that|which|who|how|why|because|if|as|more|most|less|only|all|any|every|it|they|he|she)\b|[^\w\s,'’-]",
    re.IGNORECASE,
)
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
    """Whether it is words of headings, then a part of the question that a small word joins to them."""
    words, asked = FOUND.sub("", rest).split(), f" {plain(question)} "
    start = next((i for i in range(len(words)) if f" {plain(' '.join(words[i:]))} " in asked), len(words))
    head = " ".join([*words[:start], ""])
    if figures(head) or any(STATES.search(part) for part in (head, plain(" ".join(words[start:])))) or not set(terms(head)) <= _FREE:
        return False
    return start == len(words) or _JOINS.search(head) is not None


def plain(text: str) -> str:
    """The words of a text, as they are compared."""
    return " ".join(re.findall(r"[\w.'’-]+", text.lower())).rstrip(".")


def _zh_names(rest: str, question: str) -> bool:
    """Whether it is a part of the question, then words of headings that 的 joins to it."""
    end = next((n for n in range(len(rest), 1, -1) if rest[:n].strip("的") and rest[:n] in question), 0)
    tail = rest[end:]
    return not _ZH_FREE.sub("", tail) and (not end or not tail or "的" in (tail[0], rest[end - 1]))
