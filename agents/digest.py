"""The ledger as the Master reads it: numbered claims with what is known of each, disputes, gaps, dead ends. Pure.

Never a page: a claim is one sentence. A claim keeps its number through all rounds, so that the Master can name it.
"""

from collections.abc import Mapping, Sequence

from agents.fence import on_one_line
from research.text import clip
from research.types import Claim, Language, Ledger

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "none": "(none yet)",
        "unverified": "not verified",
        "supported": "supported",
        "partial": "partly supported",
        "contested": "contested",
        "refuted": "refuted",
        "insufficient": "unsupported",
        "one": "1 source",
        "texts": "{} sources",
        "dispute": "Dispute: ",
        "superseded": "Superseded: ",
        "gap": "Not found: ",
        "dead_end": "Searched without a result: ",
        "failed": "A part of the search failed: ",
    },
    "zh": {
        "none": "（还没有）",
        "unverified": "未核查",
        "supported": "有依据",
        "partial": "部分有依据",
        "contested": "有争议",
        "refuted": "已被否定",
        "insufficient": "没有依据",
        "one": "1个来源",
        "texts": "{}个来源",
        "dispute": "争议：",
        "superseded": "已被取代：",
        "gap": "没有找到：",
        "dead_end": "搜索无果：",
        "failed": "一部分搜索失败：",
    },
}
MOST = 12  # disputes, gaps and dead ends told of each kind, the newest


def numbered(ledger: Ledger, most: int) -> dict[int, Claim]:
    """The claims that the Master is shown, by their numbers: answers and the most relevant, in the order they were found."""
    every = dict(enumerate(ledger.claims, 1))
    chosen = sorted(every, key=lambda n: (not every[n].answer, -every[n].relevance, n))[:most]
    return {number: every[number] for number in sorted(chosen)}


def claims_told(shown: Mapping[int, Claim], years: Mapping[str, str], language: Language) -> str:
    """A line for each claim: number, verdict, how many texts say it, the year of the newest, its words. `years` are by reading."""
    lines = [f"{n} [{', '.join(_about(claim, years, language))}] {clip(on_one_line(claim.text), 300)}" for n, claim in shown.items()]
    return "\n".join(lines) or WORDS[language]["none"]


def _about(claim: Claim, years: Mapping[str, str], language: Language) -> list[str]:
    words = WORDS[language]
    verdict = words[claim.verdict] if claim.reason or claim.verdict != "insufficient" else words["unverified"]
    texts = words["one"] if claim.documents < 2 else words["texts"].format(claim.documents)
    year = max((years.get(quote.reading_id, "") for quote in claim.evidence), default="")
    return [verdict, texts, *([year] if year else [])]


def open_ends(ledger: Ledger, language: Language) -> str:
    """What is disputed, what was not found, where searching led nowhere; '' if nothing is open."""
    words = WORDS[language]
    disputes = [
        (words["superseded"] if found.kind == "superseded" else words["dispute"])
        + " / ".join(clip(on_one_line(side.text), 120) for side in found.sides)
        for found in ledger.contradictions[-MOST:]
    ]
    return "\n".join(
        [
            *disputes,
            *_lines(words["gap"], ledger.gaps),
            *_lines(words["dead_end"], ledger.dead_ends),
            *_lines(words["failed"], ledger.failures),
        ]
    )


def _lines(label: str, texts: Sequence[str]) -> list[str]:
    return [label + clip(on_one_line(text), 160) for text in texts[-MOST:]]
