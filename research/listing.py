"""The parts that a request lists, each to be looked for by itself: *a brief on Veltrix: revenue, gross margin and patents*. Pure.

Three parts at least: two are a question that a model takes apart. What follows a colon is a list of parts only after an order to write:
*which is the deepest: Baikal, Tanganyika or Superior* lists what may be the answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from research.text import language_of, terms
from research.types import Language

LEAST, MOST = 3, 12
LONGEST = {"en": 80, "zh": 24}  # characters of a part; what is longer is no item of a list
_ORDERS = re.compile(
    r"^\W*(?:please )?(?:write|list|outline|prepare|draft|review|assess|analy[sz]e|discuss|report|produce|create|make|summari[sz]e|describe"
    r"|give|compare|evaluate|profile|research)\b"
    r"|^\W*请|撰写|写一|列出|评估|分析|总结|介绍|说明|描述|比较",
    re.IGNORECASE,
)
_LISTS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"^(?P<head>[^:：]+?)[:：]\s*(?P<items>.+)$",
        r"^(?P<head>.+?)\b(?:please |that |which )?(?:cover(?:s|ing)?|includ(?:es?|ing)|address(?:es|ing)?)\s+(?P<items>.+)$",
        r"^(?P<head>.+?)[，,。；]?(?:内容)?(?:包括|涵盖|覆盖|包含)\s*(?P<items>.+)$",
    )
)
_OF = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^\s*what (?:is|are|were|was) (?:the )?(?P<items>[^?]+?) of (?P<head>[^?,]+)\?\s*$",
        r"^(?P<head>[^，。？?、]{1,40}?)的(?P<items>[^，。？?、]+、[^，。？?]+?)(?:分别|各自?|都)?(?:是|有)?(?:什么|多少|哪些|如何|怎样|怎么样)?[。？?]?\s*$",
    )
)
_SUBJECT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:on|about|regarding|into|of|for)\s+(?P<subject>.+)$",
        r"关于(?P<subject>.+?)的",
        r"(?:就|对|围绕|针对)(?P<subject>.+?)(?:写|撰写|做|进行|出具|给出)",
        r"(?:撰写|写一?[份篇个]?|评估|分析|总结|介绍|列出|说明|描述)(?P<subject>.+?)(?:的[^的]*)?$",
    )
)
_WORK = re.compile(r"^(?:an? |the )?(?:[\w-]+ ){0,3}(?:brief|report|summary|overview|profile|analysis|memo|note|review)$", re.IGNORECASE)
_LINES = re.compile(r"\n\s*(?:[-*•–]|\(?\d{1,2}[.)、])?\s*")
_MARKS = re.compile(r"\s*(?:[,;](?!\d)|[，；、])\s*")
_AND = re.compile(r"^(?:and|as well as|&)\s+|^(?:和|以及|及|与)", re.IGNORECASE)
_LAST = re.compile(r"\s+(?:and|as well as|&)\s+|(?<=\S)(?:以及|和|及|与)(?=\S)", re.IGNORECASE)
_LEADING = re.compile(r"^(?:its|their|the|his|her|an?)\s+|^(?:其|它的|他们的)", re.IGNORECASE)


@dataclass(frozen=True)
class Listing:
    """What a request is about, '' where it does not say, and the parts it lists, three or more."""

    subject: str
    parts: tuple[str, ...]

    @property
    def goals(self) -> dict[str, str]:
        """The part by the goal that can be read alone: *gross margin (Veltrix)*."""
        return {self._alone(part): part for part in self.parts}

    @property
    def queries(self) -> dict[str, list[str]]:
        """What to search for, by goal."""
        return {goal: [f"{self.subject} {part}".strip()] for goal, part in self.goals.items()}

    def names(self, goal: str, text: str) -> bool:
        """Whether a text has all words of the goal's part, beside those of the subject: *gross margin: 41 %*. What has those of a longer
        part too, *annual recurring revenue* beside *revenue*, is about that one."""
        held = set(terms(text))
        named = {other: words for other, words in self._words().items() if words and words <= held}
        return goal in named and not any(named[goal] < words for words in named.values())

    def _words(self) -> dict[str, frozenset[str]]:
        return {goal: frozenset(terms(part)) - frozenset(terms(self.subject)) for goal, part in self.goals.items()}

    def _alone(self, part: str) -> str:
        if not self.subject or set(terms(self.subject)) <= set(terms(part)):
            return part
        return f"{part}（{self.subject}）" if language_of(part) == "zh" else f"{part} ({self.subject})"


def is_order(request: str) -> bool:
    """Whether something is ordered to be written, and no question asked."""
    return _ORDERS.search(request) is not None


@lru_cache(maxsize=256)  # asked of each sentence that a run reads
def listing(request: str) -> Listing | None:
    """The parts that a request lists; None where it lists none."""
    language = language_of(request)
    for form in (*(_LISTS if is_order(request) else ()), *_OF):
        found = form.search(request.strip())
        parts = _parts(found["items"], language) if found else ()
        if found and parts and not (form in _OF and _share_a_noun(parts, language)):
            return Listing(_subject(found["head"]), parts)
    return None


def _parts(items: str, language: Language) -> tuple[str, ...]:
    """The items of a list, each once; () where it is none. What is too much for a list's length stands together in its last part."""
    lines = [line for line in _LINES.split(f"\n{items}") if line.strip()]
    cut = lines if len(lines) >= LEAST else _MARKS.split(items.strip())
    if len(lines) < LEAST and len(cut) > 1 and not _AND.match(cut[-1]):
        cut[-1:] = _LAST.split(cut[-1], maxsplit=1)
    named = [_LEADING.sub("", _AND.sub("", item.strip(" \n\t.。？?!！:：")).strip()) for item in cut]
    named = [item for item in named if item]
    if any(len(item) > LONGEST[language] or not terms(item) for item in named):
        return ()
    once: dict[frozenset[str], str] = {}
    for item in named:
        once.setdefault(frozenset(terms(item)), item)
    parts = tuple(once.values()) if len(once) >= LEAST else ()
    return (*parts[: MOST - 1], ", ".join(parts[MOST - 1 :])) if len(parts) > MOST else parts


def _share_a_noun(parts: Sequence[str], language: Language) -> bool:
    """Whether the last part may end in what all are: *the economic, social and political effects*."""
    sizes = [len(part) - 1 if language == "zh" else len(part.split()) for part in parts]
    return sizes[-1] > max(sizes[:-1]) + (language == "zh") and max(sizes[:-1]) == 1


def _subject(head: str) -> str:
    """What the words before a list are about."""
    head = head.strip(" ,.;，。；\n")
    for found in (form.search(head) for form in _SUBJECT):
        if found:
            return _LEADING.sub("", found["subject"].strip())
    rest = _ORDERS.sub("", head).strip()
    return "" if _WORK.match(rest) else _LEADING.sub("", rest)
