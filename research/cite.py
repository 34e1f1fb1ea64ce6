"""The only way to make a report: bind each drafted sentence to the quotes of its claims, number the sources, measure, render.

`bind` checks every quote against its snapshot and refuses what does not match. `render` makes the Markdown, a pure function of the rest of
the report. Not here: whether a quote supports its sentence (the check step of `agents/`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from research.authority import authority_of
from research.errors import ContractViolation
from research.report import (
    BulletList,
    CitedContradiction,
    CitedEvidence,
    CitedQuote,
    CitedSide,
    Paragraph,
    Quality,
    Report,
    Section,
    Sentence,
    Source,
    Usage,
)
from research.types import Claim, Draft, DraftSentence, Job, Language, Ledger, Quote, Reading, ReportStatus, Snapshot

JOIN = " … "
_ESCAPED = re.compile(r"([\\`*_\[\]<>|~$])")
_LINE_START = re.compile(r"^(\s*)([#+\-=]|\d+[.)])")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_URL = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.|mailto:)[^\s，。；）)\]>]+")

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "answer": "Answer",
        "contradictions": "Where sources disagree",
        "limitations": "Limitations",
        "sources": "Sources",
        "partial": "This report is partial: see the limitations.",
        "insufficient_evidence": "There is not enough evidence in the sources to answer this question.",
        "unverified": "(unverified)",
        "part": "(partly supported)",
        "contested": "(contested)",
        "read": "read",
        "floors": "Steps done by plain code because a model's answer was not usable",
    },
    "zh": {
        "answer": "回答",
        "contradictions": "来源之间的分歧",
        "limitations": "局限",
        "sources": "来源",
        "partial": "本报告不完整：见“局限”。",
        "insufficient_evidence": "来源中没有足够的证据来回答这个问题。",
        "unverified": "（未核实）",
        "part": "（部分支持）",
        "contested": "（有争议）",
        "read": "读取于",
        "floors": "因模型的回答不可用而由程序完成的步骤",
    },
}


def quote(snapshot: Snapshot, spans: Sequence[tuple[int, int]], reading_id: str) -> Quote:
    """The words of a snapshot at these spans, as evidence."""
    text = JOIN.join(snapshot.text[start:end] for start, end in spans)
    return Quote(reading_id=reading_id, snapshot_id=snapshot.id, spans=tuple(spans), quote=text)


def plain(text: str) -> str:
    """A quoted sentence fit for a report: on one line, without Markdown of its page, without addresses that a reader could follow."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(\*\*|__|`)(.+?)\1", r"\2", text)
    return re.sub(r"\s+", " ", _URL.sub("…", text)).strip(" *_|")


def unlinked(text: str) -> str:
    """What a model wrote, without images, links and addresses: only the list of sources leads out of a report."""
    return _URL.sub("…", _LINK.sub(r"\1", text))


@dataclass(frozen=True)
class Bindings:
    """What the evidence of a report points into."""

    readings: Mapping[str, Reading]
    snapshots: Mapping[str, Snapshot]


@dataclass
class _Numbering:
    bindings: Bindings
    numbers: dict[str, int] = field(default_factory=dict)

    def cite(self, quotes: Iterable[Quote]) -> tuple[CitedEvidence, ...]:
        return tuple(self._cited(q) for q in dict.fromkeys(quotes))

    def _cited(self, evidence: Quote) -> CitedQuote:
        reading = self.bindings.readings.get(evidence.reading_id)
        snapshot = self.bindings.snapshots.get(evidence.snapshot_id)
        if reading is None or snapshot is None or reading.snapshot_id != snapshot.id:
            raise ContractViolation(what="quote", reason=f"its reading {evidence.reading_id} was not made in this job")
        if quote(snapshot, evidence.spans, evidence.reading_id).quote != evidence.quote:
            raise ContractViolation(what="quote", reason=f"it is not what snapshot {snapshot.id} says at {evidence.spans}")
        number = self.numbers.setdefault(evidence.reading_id, len(self.numbers) + 1)
        return CitedQuote(**evidence.model_dump(), n=number)

    def sources(self) -> tuple[Source, ...]:
        return tuple(_source(n, self.bindings.readings[reading_id]) for reading_id, n in self.numbers.items())


def _source(n: int, reading: Reading) -> Source:
    shared = set(Source.model_fields) - {"n", "reading_id", "authority"}
    return Source(n=n, reading_id=reading.id, authority=authority_of(reading.url), **reading.model_dump(include=shared))


def bind(
    draft: Draft,
    ledger: Ledger,
    bindings: Bindings,
    *,
    job: Job,
    status: ReportStatus,
    usage: Usage,
    floors: Sequence[str] = (),
) -> Report:
    """Make the report of a checked draft. Raises `ContractViolation` when a quote is not in its snapshot or was not read in this job."""
    numbering = _Numbering(bindings)
    claims = ledger.by_id()
    answer = tuple(_sentence(s, claims, numbering) for s in draft.answer)
    sections = tuple(
        Section(
            heading=unlinked(section.heading),
            blocks=(Paragraph(sentences=tuple(_sentence(s, claims, numbering) for s in section.sentences)),),
        )
        for section in draft.sections
        if section.sentences
    )
    contradictions = tuple(
        CitedContradiction(
            topic=unlinked(c.topic),
            note=unlinked(c.note),
            sides=tuple(CitedSide(text=unlinked(side.text), evidence=numbering.cite(side.evidence)) for side in c.sides),
        )
        for c in ledger.contradictions
    )
    report = Report(
        id=job.id,
        question=job.question.text,
        language=job.question.language,
        mode=job.mode,
        effort=job.effort,
        status=status,
        title=unlinked(draft.title),
        markdown="",
        answer=answer,
        sections=sections,
        sources=numbering.sources(),
        contradictions=contradictions,
        limitations=tuple(unlinked(text) for text in draft.limitations),
        floors=tuple(floors),
        quality=measure([*answer, *(s for section in sections for s in sentences_of(section))], dropped=draft.dropped),
        usage=usage,
    )
    return report.model_copy(update={"markdown": render(report)})


def _sentence(drafted: DraftSentence, claims: Mapping[str, Claim], numbering: _Numbering) -> Sentence:
    quotes = [q for claim_id in drafted.claims for q in claims[claim_id].evidence]
    evidence = numbering.cite(quotes)
    if drafted.kind != "framing" and not evidence and drafted.verdict != "unverified":
        raise ContractViolation(what="sentence", reason=f"it needs evidence and has none: {drafted.text!r}")
    premises = drafted.claims if drafted.kind in ("inference", "synthesis") else ()
    return Sentence(text=unlinked(drafted.text), kind=drafted.kind, verdict=drafted.verdict, evidence=evidence, premises=premises)


def sentences_of(section: Section) -> list[Sentence]:
    found: list[Sentence] = []
    for block in section.blocks:
        if isinstance(block, Paragraph):
            found.extend(block.sentences)
        elif isinstance(block, BulletList):
            found.extend(s for item in block.items for s in item)
    return found


def measure(sentences: Sequence[Sentence], *, dropped: int = 0) -> Quality:
    needing = [s for s in sentences if s.kind != "framing"]
    holding = [s for s in needing if s.evidence]
    verdicts = Counter(s.verdict for s in holding)
    return Quality(
        sentences=len(sentences),
        by_kind=dict(Counter(s.kind for s in sentences)),
        needing_evidence=len(needing),
        with_evidence=len(holding),
        supported=verdicts["supported"],
        partial=verdicts["partial"],
        dropped=dropped,
        precision=verdicts["supported"] / len(holding) if holding else None,
        coverage=len(holding) / len(needing) if needing else None,
    )


# Markdown


def render(report: Report) -> str:
    """The report as Markdown: a pure function of its other fields."""
    words = WORDS[report.language]
    parts = [f"# {escape(report.title)}"]
    if report.status != "complete":
        parts.append(f"> {words[report.status]}")
    if report.answer:
        parts += [f"## {words['answer']}", _paragraph(report.answer, words)]
    for section in report.sections:
        parts.append(f"## {escape(section.heading)}")
        parts.extend(_block(block, words) for block in section.blocks)
    if report.contradictions:
        parts.append(f"## {words['contradictions']}")
        parts.extend(_contradiction(c) for c in report.contradictions)
    if report.limitations or report.floors:
        parts += [f"## {words['limitations']}", "\n".join(f"- {escape(text)}" for text in _limits(report, words))]
    if report.sources:
        parts += [f"## {words['sources']}", "\n".join(_source_line(s, words) for s in report.sources)]
    return "\n\n".join(parts) + "\n"


def _limits(report: Report, words: Mapping[str, str]) -> list[str]:
    floors = [f"{words['floors']}: {', '.join(report.floors)}"] if report.floors else []
    return [*report.limitations, *floors]


def _paragraph(sentences: Sequence[Sentence], words: Mapping[str, str]) -> str:
    return " ".join(_cited(s.text, s.evidence, _remark(s, words)) for s in sentences)


def _remark(sentence: Sentence, words: Mapping[str, str]) -> str:
    if sentence.verdict in ("unverified", "contested"):
        return f" {words[sentence.verdict]}"
    return f" {words['part']}" if sentence.verdict == "partial" else ""


def _cited(text: str, evidence: Sequence[CitedEvidence], remark: str = "") -> str:
    marks = "".join(f"[{n}]" for n in sorted({e.n for e in evidence if isinstance(e, CitedQuote)}))
    return f"{escape(text)}{remark}{' ' + marks if marks else ''}"


def _block(block: object, words: Mapping[str, str]) -> str:
    if isinstance(block, Paragraph):
        return _paragraph(block.sentences, words)
    if isinstance(block, BulletList):
        return "\n".join(f"- {_paragraph(item, words)}" for item in block.items)
    raise ContractViolation(what="report", reason=f"a block of type {type(block).__name__} has no Markdown yet")


def _contradiction(found: CitedContradiction) -> str:
    sides = "\n".join(f"- {_cited(side.text, side.evidence)}" for side in found.sides)
    return f"**{escape(found.topic)}** — {escape(found.note)}\n\n{sides}"


def _source_line(source: Source, words: Mapping[str, str]) -> str:
    about = ", ".join(escape(part) for part in (source.author, source.site, source.published_at) if part)
    where = _address(source.url)
    read = f"{words['read']} {source.fetched_at:%Y-%m-%d}"
    return f"- [{source.n}] {escape(source.title or source.url)}{'. ' + about if about else ''}. {where} ({read})"


def _address(url: str) -> str:
    """An address a reader may follow as a link, any other as plain code."""
    if re.fullmatch(r"https?://[^\s<>]+", url):
        return f"<{url}>"
    return f"`{url}`" if re.fullmatch(r"[^\s`]+", url) else escape(url)


def escape(text: str) -> str:
    """Text that Markdown shows as it is: no link, image, tag, emphasis, heading or citation can come out of it."""
    text = _ESCAPED.sub(r"\\\1", re.sub(r"\s+", " ", text))
    text = re.sub(r"(?i)\b(www)\.", r"\1\\.", text.replace("://", ":\\//"))
    return _LINE_START.sub(_escape_start, text)


def _escape_start(match: re.Match[str]) -> str:
    start = match.group(2)
    return match.group(1) + (start[:-1] + "\\" + start[-1] if start[0].isdigit() else "\\" + start)
