"""The report as Markdown: a pure function of its other fields.

Every text is escaped: no link, image, tag or citation comes out of one. The only links are the addresses of sources, the only images
files of the job itself. Not here: how a report is bound (`cite.py`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from research.report import (
    Block,
    BulletList,
    CitedContradiction,
    CitedEvidence,
    CitedQuote,
    Figure,
    Paragraph,
    Report,
    Section,
    Sentence,
    Source,
    Table,
)
from research.types import Language, RunEvidence, SearchLog, SentenceVerdict

_ESCAPED = re.compile(r"([\\`*_\[\]<>|~$])")
_LINE_START = re.compile(r"^(\s*)([#+\-=]|\d+[.)])")

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "answer": "Answer",
        "contradictions": "Where sources disagree",
        "limitations": "Limitations",
        "sources": "Sources",
        "partial": "This report is partial: see the limitations.",
        "insufficient_evidence": "There is not enough evidence in the sources to answer this question.",
        "unverified": "unverified",
        "part": "partly supported",
        "contested": "contested",
        "read": "read",
        "is_superseded": "marked as superseded",
        "is_archived": "from an archive",
        "is_draft": "a draft",
        "superseded": "superseded",
        "computed": "computed",
        "searched": "{queries} searches, {pages} pages",
        "why": "Why",
        "confidence": "Confidence",
        "low": "low",
        "medium": "medium",
        "high": "high",
        "overturned": "What would overturn it",
        "translations": "Quotes in translation",
        "floors": "Steps done by plain code because a model's answer was not usable",
    },
    "zh": {
        "answer": "回答",
        "contradictions": "来源之间的分歧",
        "limitations": "局限",
        "sources": "来源",
        "partial": "本报告不完整：见“局限”。",
        "insufficient_evidence": "来源中没有足够的证据来回答这个问题。",
        "unverified": "未核实",
        "part": "部分支持",
        "contested": "有争议",
        "read": "读取于",
        "is_superseded": "标明已被取代",
        "is_archived": "存档",
        "is_draft": "草案",
        "superseded": "已被取代",
        "computed": "计算",
        "searched": "{queries}次搜索，{pages}个页面",
        "why": "理由",
        "confidence": "把握",
        "low": "低",
        "medium": "中",
        "high": "高",
        "overturned": "什么会推翻它",
        "translations": "引文的翻译",
        "floors": "因模型的回答不可用而由程序完成的步骤",
    },
}


def render(report: Report) -> str:
    """The report as Markdown."""
    words = WORDS[report.language]
    parts = [f"# {escape(report.title)}"]
    if report.status != "complete":
        parts.append(f"> {words[report.status]}")
    if report.answer:
        parts += [f"## {words['answer']}", *_paragraph(report.answer, words)]
    for section in report.sections:
        parts.append(f"## {escape(section.heading)}")
        parts.extend(part for block in section.blocks for part in _block(block, report.id, words))
    if report.contradictions:
        parts.append(f"## {words['contradictions']}")
        parts.extend(_contradiction(c, words) for c in report.contradictions)
    if translated := translations(report):
        lines = (f"- “{escape(q.quote)}” — {_cited(q.translation or '', (q,))}" for q in translated)
        parts += [f"## {words['translations']}", "\n".join(lines)]
    if report.limitations or report.floors:
        parts += [f"## {words['limitations']}", "\n".join(f"- {escape(text)}" for text in _limits(report, words))]
    if report.sources:
        parts += [f"## {words['sources']}", "\n".join(_source_line(s, words) for s in report.sources)]
    return "\n\n".join(parts) + "\n"


def sentences_of(section: Section) -> list[Sentence]:
    """The sentences of a section in reading order; a table's cells are none."""
    found: list[Sentence] = []
    for block in section.blocks:
        if isinstance(block, Paragraph):
            found.extend(block.sentences)
        elif isinstance(block, BulletList):
            found.extend(s for item in block.items for s in item)
        elif isinstance(block, Figure):
            found.extend(block.caption)
    return found


def translations(report: Report) -> list[CitedQuote]:
    """The quotes that carry a translation, each once, by the number of their source."""
    found = {(e.n, e.quote): e for e in _evidence(report) if isinstance(e, CitedQuote) and e.translation}
    return [found[key] for key in sorted(found)]


def _evidence(report: Report) -> Iterator[CitedEvidence]:
    for sentence in [*report.answer, *(s for section in report.sections for s in sentences_of(section))]:
        yield from sentence.evidence
    for table in (block for section in report.sections for block in section.blocks if isinstance(block, Table)):
        yield from (e for row in table.rows for cell in row for e in cell.evidence)
    for contradiction in report.contradictions:
        yield from (e for side in contradiction.sides for e in side.evidence)


def _limits(report: Report, words: Mapping[str, str]) -> list[str]:
    floors = [f"{words['floors']}: {', '.join(report.floors)}"] if report.floors else []
    return [*report.limitations, *floors]


def _paragraph(sentences: Sequence[Sentence], words: Mapping[str, str]) -> list[str]:
    """A paragraph, and after it why its inferences follow."""
    reasons = [f"> {escape(reason)}" for s in sentences if (reason := _reason(s, words))]
    return [_run_of(sentences, words), *reasons]


def _run_of(sentences: Sequence[Sentence], words: Mapping[str, str]) -> str:
    return " ".join(_cited(s.text, s.evidence, _remark(s.verdict, s.evidence, words)) for s in sentences)


def _reason(sentence: Sentence, words: Mapping[str, str]) -> str:
    if not sentence.warrant:
        return ""
    told = [f"{words['why']}: {sentence.warrant}"]
    if sentence.confidence:
        told.append(f"{words['confidence']}: {words[sentence.confidence]}")
    if sentence.overturned_by:
        told.append(f"{words['overturned']}: {sentence.overturned_by}")
    return " · ".join(told)


def _remark(verdict: SentenceVerdict | None, evidence: Sequence[CitedEvidence], words: Mapping[str, str]) -> str:
    """What sets a sentence apart, in parentheses: its verdict, that it was computed, what was searched."""
    told = [words["computed"]] if any(isinstance(e, RunEvidence) for e in evidence) else []
    told += [words["searched"].format(queries=len(e.queries), pages=e.pages) for e in evidence if isinstance(e, SearchLog)]
    if verdict is not None and verdict != "supported":
        told.append(words["part" if verdict == "partial" else verdict])
    return f" ({', '.join(told)})" if told else ""


def _cited(text: str, evidence: Sequence[CitedEvidence], remark: str = "") -> str:
    marks = "".join(f"[{n}]" for n in sorted({e.n for e in evidence if isinstance(e, CitedQuote)}))
    return f"{escape(text)}{remark}{' ' + marks if marks else ''}"


def _block(block: Block, report_id: str, words: Mapping[str, str]) -> list[str]:
    if isinstance(block, Paragraph):
        return _paragraph(block.sentences, words)
    if isinstance(block, BulletList):
        reasons = [f"> {escape(reason)}" for item in block.items for s in item if (reason := _reason(s, words))]
        return ["\n".join(f"- {_run_of(item, words)}" for item in block.items), *reasons]
    if isinstance(block, Table):
        return [_table(block, words)]
    return [*_paragraph(block.caption, words), f"![figure {escape(block.name)}]({file_path(report_id, block.id)})"]


def file_path(report_id: str, file_id: str) -> str:
    """Where a file of a job is served."""
    return f"/v1/research/{report_id}/files/{file_id}"


def _table(table: Table, words: Mapping[str, str]) -> str:
    rows = [[_cited(cell.text, cell.evidence, _remark(cell.verdict, cell.evidence, words)) for cell in row] for row in table.rows]
    lines = [[escape(name) for name in table.header], ["---"] * len(table.header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _contradiction(found: CitedContradiction, words: Mapping[str, str]) -> str:
    gone = f" ({words['superseded']})"
    sides = "\n".join(f"- {_cited(side.text, side.evidence, gone if side.superseded else '')}" for side in found.sides)
    return f"**{escape(found.topic)}** — {escape(found.note)}\n\n{sides}"


def _source_line(source: Source, words: Mapping[str, str]) -> str:
    about = ", ".join(
        escape(part) for part in (words.get(f"is_{source.standing}"), source.author, source.site, source.published_at) if part
    )
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
