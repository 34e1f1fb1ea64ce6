"""Dates as pages write them, to ISO: English and Chinese, and the bylines that end in one. Pure.

Not here: guessing at dates in running text.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_DAY = (
    rf"\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? \d{{4}}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}"
    r"|\d{4}-\d\d-\d\d|\d{4}年\d{1,2}月\d{1,2}日"
)
_BYLINE = re.compile(
    r"(?P<by>(?:written |posted |published |updated )?(?:by|on)\b:?|作者[:："
    r"])?\s*(?P<who>.{0,120}?)"
    rf"(?P<gap>[\s,，;；·•|/—–-]*)(?P<day>{_DAY})",
    re.IGNORECASE,
)
_LONGEST = 300  # characters of a byline
_SMALL = frozenset(
    "a an and at by de del der di du et for from in la le of on the to und van von y".split()
)


@dataclass(frozen=True)
class Byline:
    """What a line under a title says: who wrote it (and for whom), and the day as YYYY-MM-DD."""

    author: str | None
    published_at: str


def byline_of(line: str) -> Byline | None:
    """Read a whole line as `Author, body, 2 October 2023`; None when it is anything else."""
    line = line.strip()
    found = _BYLINE.fullmatch(line) if len(line) <= _LONGEST else None
    if not found:
        return None
    who, day = re.split(r"\bby:?\s+", found["who"])[-1], iso_date(found["day"])
    if not day or (who and not (found["by"] or found["gap"].strip())) or not _names(who):
        return None
    return Byline(who if who and not re.search(r"\d", who) else None, day)


def _names(who: str) -> bool:
    """Whether words are names rather than the beginning of a sentence."""
    words = re.findall(r"[A-Za-z][\w'’.-]*", who)
    lower = [word for word in words if word[0].islower() and word not in _SMALL]
    return len(lower) * 2 <= len(words) and not re.search(r"[.!?。！？](?:\s+[a-z]|$)", who)


def iso_date(value: str) -> str | None:
    """The day a date string names as YYYY-MM-DD, or what it gives of one (YYYY, YYYY-MM); None when
    it is none or is absurd."""
    value = value.strip()
    if re.fullmatch(r"(?:19|20)\d{2}(?:-(?:0[1-9]|1[0-2]))?", value):
        return value
    found = re.match(r"((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)", value)
    found = found or re.match(r"((?:19|20)\d{2})(\d{2})(\d{2})(?:T|$)", value)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
        return _worded_date(value)
    except (ValueError, IndexError, TypeError):
        return None


def _worded_date(value: str) -> str:
    """Raises `ValueError` when the words are no date."""
    plain = re.sub(
        r"(?<=\d)(?:st|nd|rd|th)\b", "", re.sub(r"\s+", " ", value.replace(",", " "))
    ).strip()
    for form in ("%d %B %Y", "%B %d %Y", "%d %b %Y", "%b %d %Y"):
        try:
            return datetime.strptime(plain, form).date().isoformat()
        except ValueError:
            continue
    return parsedate_to_datetime(value).date().isoformat()
