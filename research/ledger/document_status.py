"""Whether a document is the word of today: what it, its name and the folder it lies in say of that,
and its date. Pure.

Notes are looked for in the head of a document alone, where they are about the document; further
down they are about other things. Not here: which of two figures holds (`superseding.py`)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from research.domain import Standing
from research.text.sentences import terms

HEAD = 600  # characters
# of a claim's relevance
WEIGHT: dict[Standing, float] = {
    "superseded": 0.6,
    "archived": 0.8,
    "draft": 0.8,
    "current": 1.0,
}
RANK: dict[Standing, int] = {"superseded": 0, "archived": 1, "draft": 1, "current": 2}

_NOTES: tuple[tuple[Standing, re.Pattern[str]], ...] = (
    (
        "superseded",
        re.compile(
            r"(?-i:\b(SUPERSEDED|OBSOLETE|WITHDRAWN|DEPRECATED|OUT OF DATE|OUTDATED)\b)"
            r"|^\W*(superseded|obsolete|deprecated|withdrawn|outdated|out of date|replaced by)\b"
            r"|^\W*(note|notice|status|warning|important|caution)\b.*\b(superseded|obsolete"
            r"|deprecated|withdrawn|outdated"
            r"|out of date|replaced by)\b"
            r"|\bth(is|ese) (\w+ )?(document|page|version|file|memo|report|policy|note|sheet"
            r"|list|plan|brief|figures)( \w+)? "
            r"((is|are|was|were|has been|have been) (now )?(out of date|outdated|obsolete"
            r"|withdrawn|superseded|replaced|retired|deprecated)"
            r"|(is|are) no longer (valid|current|in force|maintained))\b"
            r"|[(\[]\W*(superseded|obsolete|withdrawn|deprecated|outdated)\b"
            r"|^.{0,40}(已作废|已被.{0,20}(取代|替代|代替)|已废止|已失效|已过时|已过期"
            r"|不再有效)|[（(【\[](作废|过时|废止)",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
    (
        "archived",
        re.compile(
            r"^\W*archived?\b|\bthis (document|page|version|file) (is|was|has been) archived\b"
            r"|\barchived? copy\b|已归档|存档",
            re.I | re.M,
        ),
    ),
    (
        "draft",
        re.compile(
            r"^\W*(first |working |early |status: )?draft\b(?! of)|\bdraft\s*([-–—:,)(]|$)"
            r"|\bdraft v?\d|\bnot (yet )?approved\b"
            r"|(?-i:\bDRAFT\b)"
            r"|^.{0,40}(草案|草稿|初稿|征求意见稿|尚?未(经)?批准|未定稿)",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
)
_NAMED: dict[Standing, frozenset[str]] = {
    "superseded": frozenset(
        (
            "superseded obsolete deprecated withdrawn outdated replaced "
            "作废 已作废 已取代 被取代 废止 过时 过期"
        ).split()
    ),
    "archived": frozenset(
        "archive archived old previous legacy 旧 旧版 存档 归档 已归档 历史版本".split()
    ),
    "draft": frozenset("draft drafts 草案 草稿 初稿".split()),
}
# says it of another document
_QUIET = re.compile(r"\b(supersedes|replaces)\b[^.\n]*|取代了[^。\n]*", re.IGNORECASE)

_MONTHS = {m: n for n, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<year>(?:19|20)\d\d)[-/.](?P<number>0[1-9]|1[0-2])(?:[-/.](?P<day>0[1-9]"
        r"|[12]\d|3[01]))?(?!\d)",
        r"(?P<year>(?:19|20)\d\d)年(?:(?P<number>1[0-2]|0?[1-9])月(?:(?P<day>[0-3]?\d)日)?)?",
        rf"\b(?P<day>[0-3]?\d) {_MONTH},? (?P<year>(?:19|20)\d\d)\b",
        rf"\b{_MONTH}\.? (?:(?P<day>[0-3]?\d),? )?(?P<year>(?:19|20)\d\d)\b",
        r"(?<![a-z\d])(?P<quarter>q[1-4])[\s_-]?(?P<year>(?:19|20)\d\d)(?!\d)",
        r"(?<![\d.,])(?P<year>(?:19|20)\d\d)(?![\d]|[.,]\d)",
    )
)
_ROWS = re.compile(r"^.*; .*; .*$", re.MULTILINE)  # their dates are data
_VERSION = re.compile(
    r"(?<![a-z\d])v(?:ersion)?[ ._]?(?P<number>\d{1,3}(?:\.\d{1,3})*)(?!\d)", re.IGNORECASE
)


@dataclass(frozen=True)
class Document:
    """What is known of where a statement stands. `date`: YYYY, YYYY-MM or YYYY-MM-DD, '' if
    unknown; `series`: the terms of its title without date, version and marks, the same for the
    issues of one thing."""

    standing: Standing = "current"
    date: str = ""
    version: tuple[int, ...] = ()
    series: frozenset[str] = frozenset()

    @property
    def year(self) -> str:
        return self.date[:4]


def document_of(url: str, title: str, text: str, published_at: str | None) -> Document:
    """The document by its address, title, first words and date."""
    head = text[:HEAD]
    name = _name(url)
    lines = head.rsplit("\n", 1)[0] if len(text) > HEAD else head  # the last one is cut
    date = (
        (published_at or "")[:10]
        or date_in(title)
        or date_in(_ROWS.sub(" ", lines))
        or date_in(name)
    )
    version = _VERSION.search(title) or _VERSION.search(name)
    return Document(
        standing=standing_of(url, title, head),
        date=date,
        version=tuple(int(part) for part in version["number"].split(".")) if version else (),
        series=_series(title),
    )


def standing_of(url: str, title: str, head: str) -> Standing:
    """The lowest standing that the document's own words, its file name or a folder of its address
    give it."""
    said = _QUIET.sub(" ", f"{title}\n{head}")
    parts = _folders(url)
    found = [standing for standing, pattern in _NOTES if pattern.search(said)]
    found += [standing for standing, marks in _NAMED.items() if marks & parts]
    return min(found, key=lambda standing: RANK[standing], default="current")


def highest(standings: Iterable[Standing]) -> Standing:
    """The standing of what rests on several documents: the best of theirs."""
    return max(standings, key=lambda standing: RANK[standing], default="current")


def date_in(text: str) -> str:
    """The first date of a text as YYYY, YYYY-MM or YYYY-MM-DD, the most exact kind first; a quarter
    is its last month."""
    for pattern in _DATES:
        if match := pattern.search(text):
            return _iso(match.groupdict())
    return ""


def _iso(found: dict[str, str | None]) -> str:
    if quarter := found.get("quarter"):
        return f"{found['year']}-{int(quarter[1]) * 3:02}"
    month = (
        _MONTHS[name[:3].lower()] if (name := found.get("month")) else int(found.get("number") or 0)
    )
    day = int(found.get("day") or 0)
    return (
        f"{found['year']}"
        + (f"-{month:02}" if month else "")
        + (f"-{day:02}" if month and day else "")
    )


def is_earlier(first: str, second: str) -> bool:
    """Whether one date is before another; dates that agree as far as both are told are not."""
    size = min(len(first), len(second))
    return bool(size) and first[:size] < second[:size]


def _name(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return unquote(path).rsplit("/", 1)[-1]


def _folders(url: str) -> set[str]:
    """The words of the file name and the names of its folders: of a library all, else the three
    nearest, for further up lies where the documents as a whole are kept."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return set()
    *folders, name = [part for part in unquote(parts.path).lower().split("/") if part] or [""]
    words = set(re.split(r"[\s._()（）\[\]+-]+", name))
    return words | set(folders if parts.scheme == "library" else folders[-3:])


def _series(title: str) -> frozenset[str]:
    bare = _VERSION.sub(" ", title)
    for pattern in _DATES:
        bare = pattern.sub(" ", bare)
    marks = {term for names in _NAMED.values() for name in names for term in terms(name)}
    return frozenset(term for term in terms(bare) if not term[0].isdigit()) - marks
