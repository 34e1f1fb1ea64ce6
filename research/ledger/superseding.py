"""Which of two statements about one thing is the word of today. Pure.

A value is superseded where its sentence or its document (`standing.py`) says so, or where a
quantity that changes is given for two times; two measurements of what does not change are not. Not
here: whether the two speak of one thing (`disputes.py`)."""

import re
from dataclasses import dataclass, field

from research.domain import Quote
from research.ledger.document_status import RANK, Document, is_earlier
from research.text.figures import figures, names, years
from research.text.sentences import terms

SAME_SERIES = 0.6  # the share of the words of two titles that issues of one thing have in common
_OF_ITSELF_OLD = re.compile(  # a sentence that says its figure holds no more
    r"\b(superseded|out of date|outdated|no longer|obsolete|previously|formerly)\b|replaced by"
    r"|used to be|earlier figure|old figure"
    r"|被取代|过时|不再|原先|曾经|旧数据|此前",
    re.IGNORECASE,
)
_SUPERSEDED = re.compile(
    r"\bsuperseded( by|:)|\b(is|are|was|were|been|now|since) (now |since )?(superseded"
    r"|obsolete|outdated|out of date)\b"
    r"|已被取代|已过时|作废",
    re.IGNORECASE,
)
_OF_ITSELF_NEW = re.compile(
    r"\b(supersedes|replaces|corrected|revised|updated)\b|取代了|更正|修正后|更新后|最新",
    re.IGNORECASE,
)
_AT_A_TIME = re.compile(
    r"\b(as (of|at)|by|(at the )?end of|since|until|currently|now|today|exiting|(in|for)? "
    r"?q[1-4]|fy ?\d\d)\b"
    r"|截至|截止|年底|年末|目前|现有|现在|季度",
    re.IGNORECASE,
)
_CHANGES = re.compile(  # quantities that are other ones next year
    r"\b(revenues?|turnover|sales|income|profits?|margin|arr|mrr|ebitda|headcount|employees"
    r"|staff|workforce|team|customers?|clients?"
    r"|accounts|users|subscribers|members|sites|fleet|stores?|offices|prices?|costs?|fees?"
    r"|fares?|rates?|salar(y|ies)|wages|budget|cash|debt"
    r"|valu(ed|ation)|population|inhabitants|residents|share|backlog|target|launch\w*"
    r"|availability|concentration|capacity|lead time|limit"
    r"|allowance|headquarters|ceo|cto|cfo|director|chair\w*|president|mayor|manager)\b"
    r"|收入|营收|销售额|利润|毛利|员工|人数|客户|用户|会员|网点|门店|价格|售价|票价|费用|工资"
    r"|预算|人口|居民|市值|估值|份额|目标|总裁|经理|主任|馆长|校长",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(was|were|had|stood|numbered|employed|came to|totall?ed|up from|down from)\b|当时|那时"
    r"|曾|年底?[为是有达]",
    re.IGNORECASE,
)
_OVER_TIME = re.compile(
    r"\b(grow|grew|grown|growth|trends?|over time|over the years|evolve\w*|year[- ](over"
    r"|on)[- ]year|changed?)\b|增长|趋势|变化|历年|逐年",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Statement:
    """A sentence and where it stands; `title`, `year` and `document` are its document's. `offers`:
    it gives a figure of the kind asked for; `answer`: the fact it answers with, '' if it gives
    none; `goal`: the question it answers, if that has but one answer; `part`: which part of a
    question that lists its parts, '' if none."""

    text: str
    evidence: Quote
    title: str = ""
    year: str = ""
    offers: bool = False
    goal: str = ""
    answer: str = ""
    document: Document = field(default_factory=Document)
    part: str = ""

    @property
    def date(self) -> str:
        """The time it speaks of: its sentence's own, else its document's."""
        return max(years(self.text), default=self.document.date or self.year)


def tells_history(first: Statement, second: Statement) -> bool:
    """Whether one tells, from a later time, how it was at an earlier one: *in 2023 it was 5* beside
    *it is 7*."""
    return any(
        _is_history(one) and not (years(one.text) & {other.date[:4]})
        for one, other in ((first, second), (second, first))
    )


def _is_history(statement: Statement) -> bool:
    told = years(statement.text)
    known = statement.document.standing == "current" and statement.document.year
    return bool(told and known and max(told) < known and _PAST.search(statement.text))


def age(statement: Statement) -> tuple[int, int, str, tuple[int, ...]]:
    """What comes before what: what a sentence says of itself, its document's standing, its time,
    its document's version."""
    return (
        _told(statement),
        RANK[statement.document.standing],
        statement.date,
        statement.document.version,
    )


def _told(statement: Statement) -> int:
    """-1 for a figure that its own sentence calls old, 1 for one it calls new."""
    return (_OF_ITSELF_NEW.search(statement.text) is not None) - (
        _OF_ITSELF_OLD.search(statement.text) is not None
    )


def supersedes(later: Statement, earlier: Statement) -> bool:
    """Whether the one statement takes the place of the other, which contradicts it."""
    ranks = RANK[later.document.standing], RANK[earlier.document.standing]
    told = _told(later), _told(earlier)
    if told[0] != told[1] and _measures(earlier.text) and not _of_something_else(later, earlier):
        # What was corrected at one time says nothing of a value of a later time.
        return told[0] > told[1] and (told[1] < 0 or not is_earlier(later.date, earlier.date))
    if ranks[0] != ranks[1]:
        return ranks[0] > ranks[1]
    if not is_earlier(earlier.date, later.date) and (
        later.date[:4] and earlier.date[:4] and later.date[:4] != earlier.date[:4]
    ):
        return False
    if _is_newer_issue(later.document, earlier.document):
        return True
    both = f"{later.text}\n{earlier.text}"
    changes = _CHANGES.search(both) is not None or (
        _measures(both) and all(_AT_A_TIME.search(s.text) for s in (later, earlier))
    )
    return changes and is_earlier(earlier.date, later.date)


def _of_something_else(later: Statement, earlier: Statement) -> bool:
    """Whether a correction names what the other statement and its title do not: then it corrected
    another figure than that one."""
    if _told(later) <= 0 or _told(earlier) < 0:
        return False
    known = set(terms(f"{earlier.text} {earlier.title}"))
    return any(not set(terms(name)) & known for name in names(later.text))


def _is_newer_issue(later: Document, earlier: Document) -> bool:
    """Whether both documents are issues of one thing, by their titles, and the one is of a higher
    version or a later date."""
    shared, all_words = later.series & earlier.series, later.series | earlier.series
    if not shared or len(shared) < SAME_SERIES * len(all_words):
        return False
    if later.version and earlier.version and later.version != earlier.version:
        return later.version > earlier.version
    return is_earlier(earlier.date, later.date)


def calls_itself_superseded(text: str) -> bool:
    """Whether a sentence says of its own figure that it holds no more."""
    return _measures(text) and _SUPERSEDED.search(text) is not None


def _measures(text: str) -> bool:
    return any(not f.is_year for f in figures(text))


def asks_through_time(question: str) -> bool:
    """Whether a question asks about a year or about change, so that values of different times all
    belong to its answer."""
    return bool(years(question)) or _OVER_TIME.search(question) is not None
