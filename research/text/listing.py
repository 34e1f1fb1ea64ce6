"""The parts that a request lists, each to be looked for by itself: *a brief on Veltrix: revenue,
gross margin and patents*. Pure.

Three parts at least: two are a question that a model takes apart. A list of parts follows an order
to write: after a colon, after the
report's *covering* or *including*, or as a sentence that begins with *Include*; or it stands in
*what are the A, B and C of X*. *Which is
the deepest: Baikal, Tanganyika or Superior* lists what may be the answer. A request that asks for
more than its list is left whole."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from research.domain import Language
from research.text.language import interface_language_of
from research.text.sentences import language_of, terms

LEAST, MOST = 3, 12
# characters of a part, and of the subject; what is longer is no item of a list
LONGEST = {
    "en": 80,
    "zh": 24,
}
REST = 160  # characters that may follow a list
_ORDER = (
    r"(?:please )?(?:write|list|outline|prepare|draft|review|assess|analy[sz]e|discuss|report"
    r"|produce|create|make|summari[sz]e|describe"
    r"|give|compare|evaluate|profile|research)\b(?: me\b| us\b)?"
)
_ORDERS = re.compile(
    rf"^\W*{_ORDER}(?: and (?:analy[sz]e|assess|evaluate|compare|report on)\b)?"
    r"|^\W*请|撰写|写一|列出|评估|分析|总结|介绍|说明|描述|比较",
    re.IGNORECASE,
)
_WORKS = (
    r"\b(?:brief|briefing|report|summary|overview|profile|analysis|assessment|memo|note"
    r"|review|paper|dossier|study)\b"
)
_PAPERS = "(?:报告|简报|综述|概述|概览|文章|备忘录|材料)"
_LISTS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"^(?P<head>[^:：]+?)(?::(?=\s)|：)\s*(?P<items>.+)$",
        rf"^(?P<head>.*?{_WORKS}.*?),?\s(?:that |which )?(?:covers|covering|includes|including"
        rf"|addresses|addressing)\s+(?P<items>.+)$",
        r"^(?P<head>[^.]+)\.\s+(?:please )?(?:cover|include|address)\s+(?P<items>.+)$",
        rf"^(?P<head>.*?{_PAPERS})[，,。]?(?:内容)?[应需须要]?(?:包括|涵盖|覆盖"
        rf"|包含)\s*(?P<items>.+)$",
    )
)
_OF = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^\s*(?:what (?:(?:are|were) (?:the )?|(?:is|was) the )|(?:{_ORDER}|tell (?:me"
        rf"|us))(?: on| about)? the )"
        r"(?P<items>(?:(?! of )[^?.:])+) of (?P<head>[^?,:]+?)[?.]?\s*$",
        r"^(?P<head>[^，。？?、]{2,40}?)的(?!地)(?P<items>[^，。？?、]+、[^，。？?]+?)(?:分别"
        r"|各自?|都)?(?:是|有)?(?:什么|多少|哪些|如何|怎样|怎么样)?[。？?]?\s*$",
    )
)
_SUBJECT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^.*?{_WORKS}.*?\s(?:on|about|regarding|into)\s+(?P<subject>.+)$",
        rf"^.*?{_WORKS}\s+(?:of|for)\s+(?P<subject>.+)$",
        r"关于(?P<subject>.+?)的",
        r"(?:就|对|围绕|针对)(?P<subject>.+?)(?:写|撰写|做|进行|出具|给出)",
        r"(?:撰写|写一?[份篇个]?|评估|分析|总结|介绍|列出|说明|描述)(?P<subject>.+?)(?:的[^的]*)?$",
    )
)
_NO_SUBJECT = re.compile(
    rf"^(?:an? |the )?(?:[\w-]+ ){{0,3}}{_WORKS}$|^(?:一?[份篇个])?\w{{0,8}}{_PAPERS}$",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"^(?:on|about|regarding|into)\s+", re.IGNORECASE)
_CLAUSES = re.compile(r"[.!?](?=\s)|[。！？，；;\n]|\b(?:why|how|what)\b", re.IGNORECASE)
_STYLE = re.compile(
    r"\b(?:words?|pages?|english|chinese|short|concise|cite|citations?|sources?|tables?"
    r"|bullets?|format|tone|style|audience|avoid|keep"
    r"|no more than|at most)\b|字|页|英文|英语|中文|简短|简洁|引用|来源|表格|格式|语言|语气"
    r"|不要|避免",
    re.IGNORECASE,
)

_POINT = r"(?:[-*•–]|[(（]?(?:\d{1,2}|[a-z])[.)、）](?!\d)|[①-⑳])"
_POINTS = re.compile(rf"^\s*{_POINT}\s*(\S.*?)\s*$", re.MULTILINE | re.IGNORECASE)
_NUMBERED = re.compile(
    r"(?:^|(?<=[\s,;，；、]))[(（]?(?:\d{1,2}|[a-z])[.)、）](?!\d)\s*|[①-⑳]\s*", re.IGNORECASE
)
_ENDED = re.compile(r"[.!?]\s+(?=[A-Z])|[。！？](?=.)|\n\s*\n", re.DOTALL)
_BRACKETS = re.compile(r"[(（][^()（）]*[)）]")
_MARKS = re.compile(r"\s*(?:[,;](?!\d)|[，；、])\s*")
_MATTERS = re.compile(
    r"^(?:(?:the |these )?(?:following )?(?:aspects?|topics?|areas?|points?|dimensions?|items?"
    r"|sections?)\b[\s,:]*"
    r"(?:such as|like|including)?"
    r"|以下(?:几?个?方面|内容|维度|要点)?[:：]?)\s*",
    re.IGNORECASE,
)
_EXAMPLES = re.compile(
    r"\b(?:like|such as|e\.g|for example)\b|例如|比如|诸如|在内|不超过", re.IGNORECASE
)
_CHINESE_AND = (
    "(?:以及|(?<![温共饱缓总])和(?![解谐平睦])"
    "|(?<![普涉危波埃以])及(?!时|格)|(?<![参赠给])与(?!会|否))"
)
_AND = re.compile(rf"^(?:and|as well as|&)\s+|^{_CHINESE_AND}(?=..)", re.IGNORECASE)
_LAST = re.compile(rf"\s+(?:and|as well as|&)\s+|(?<=..){_CHINESE_AND}(?=..)", re.IGNORECASE)
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
        """Whether a text has all words of the goal's part, beside those of the subject: *gross
        margin: 41 %*. What has those of a longer part too, *annual recurring revenue* beside
        *revenue*, is about that one."""
        held = set(terms(text))
        named = {other: words for other, words in self._words().items() if words and words <= held}
        return goal in named and not any(named[goal] < words for words in named.values())

    def _words(self) -> dict[str, frozenset[str]]:
        return {
            goal: frozenset(terms(part)) - frozenset(terms(self.subject))
            for goal, part in self.goals.items()
        }

    def _alone(self, part: str) -> str:
        if not self.subject or set(terms(self.subject)) <= set(terms(part)):
            return part
        return (
            f"{part}（{self.subject}）" if language_of(part) == "zh" else f"{part} ({self.subject})"
        )


def is_order(request: str) -> bool:
    """Whether something is ordered to be written, and no question asked."""
    return _ORDERS.search(request) is not None


@lru_cache(maxsize=256)  # asked of each sentence that a run reads
def listing(request: str) -> Listing | None:
    """The parts that a request lists; None where it lists none, or asks for more than its list."""
    language = interface_language_of(request)
    for form in (*(_LISTS if is_order(request) else ()), *_OF):
        found = form.search(request.strip())
        parts = _parts(found["items"], language) if found else ()
        if found and parts and not (form in _OF and _share_a_noun(parts, language)):
            subject = _subject(found["head"], itself=form in _OF)
            return (
                Listing(subject, parts)
                if subject is not None and len(subject) <= LONGEST[language]
                else None
            )
    return None


def _parts(text: str, language: Language) -> tuple[str, ...]:
    """The items of a list, each once; () where it is none. What is too much for a list's length
    stands together in its last part."""
    cut, rest = _items(_MATTERS.sub("", text.strip()))
    named = [
        _LEADING.sub("", _AND.sub("", item.strip(" \n\t.,;:?!。，；：？！、")).strip())
        for item in cut
    ]
    named = [item for item in named if item]
    if rest and (len(rest) > REST or "?" in rest or "？" in rest or not _STYLE.search(rest)):
        return ()
    if any(
        len(item) > LONGEST[language] or not terms(item) or "://" in item or _EXAMPLES.search(item)
        for item in named
    ):
        return ()
    once: dict[str, str] = {}
    for item in named:
        once.setdefault(item.lower(), item)
    parts = tuple(once.values()) if len(once) >= LEAST else ()
    return (*parts[: MOST - 1], ", ".join(parts[MOST - 1 :])) if len(parts) > MOST else parts


def _items(text: str) -> tuple[list[str], str]:
    """The items of a list as they are written, and what follows it: points on lines of their own,
    lines, or a sentence."""
    points = _POINTS.findall(text)
    lines = [line for line in text.split("\n") if line.strip()]
    if len(points) >= LEAST:
        return points, " ".join(line.strip() for line in lines if not _POINTS.match(line))
    if len(lines) >= LEAST and "\n\n" not in text:
        return lines, ""
    ended = _ENDED.search(text)
    items, rest = (text[: ended.start()], text[ended.end() :].strip()) if ended else (text, "")
    numbered = [item for item in _NUMBERED.split(items) if item.strip()]
    if len(numbered) >= LEAST:
        return numbered, rest
    cut = _outside(_MARKS, items.strip())
    if len(cut) > 1 and not _AND.match(cut[-1]):
        cut[-1:] = _outside(_LAST, cut[-1], most=1)
    return cut, rest


def _outside(mark: re.Pattern[str], text: str, most: int = 0) -> list[str]:
    """The text cut at a mark that stands outside brackets, at most so often; 0 is no limit."""
    inside = [found.span() for found in _BRACKETS.finditer(text)]
    within = {place for start, end in inside for place in range(start, end)}
    cuts = [found.span() for found in mark.finditer(text) if found.start() not in within]
    cuts = cuts[:most] if most else cuts
    return [
        text[a:b]
        for a, b in zip(
            [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(text)], strict=True
        )
    ]


def _share_a_noun(parts: Sequence[str], language: Language) -> bool:
    """Whether the last part may end in what all are: *the economic, social and political
    effects*."""
    sizes = [len(part) - 1 if language == "zh" else len(part.split()) for part in parts]
    return sizes[-1] > max(sizes[:-1]) + (language == "zh") and max(sizes[:-1]) == 1


def _subject(head: str, *, itself: bool) -> str | None:
    """What the words before a list are about, which may be the subject itself; '' where they do not
    say it, None where they say more."""
    head = head.strip(" ,.;:，。；：\n")
    rest = _ORDERS.sub("", head, count=1).strip()
    if _CLAUSES.search(rest):
        return None
    if not itself and _NO_SUBJECT.match(rest):
        return ""
    found = (
        next((found for form in _SUBJECT if (found := form.search(head))), None)
        if not itself
        else None
    )
    return _LEADING.sub("", _ABOUT.sub("", found["subject"] if found else rest).strip())
