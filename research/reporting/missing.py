"""What the texts of sources lack, in words of English and Chinese. Pure.

Not here: what a reader leaves out and how it is counted (`browser/documents/parts.py`).
"""

from collections.abc import Iterable, Mapping, Sequence

from research.domain import NoteKind, ReadingNote
from research.domain.report import Source
from research.reporting.words import words_of

_EN: Mapping[NoteKind, str] = {
    "pictures": "pictures without text",
    "media": "sound or film",
    "form_fields": "fields of a form",
    "formulas": "formulas",
    "pages_without_text": "pages that are only pictures",
    "hidden_sheets": "hidden sheets, rows or slides",
    "withdrawn": "passages struck out",
    "attachments": "attached files",
    "comments": "comments beside the text",
    "parts_cut": "the rest of what is longer than is read",
    "parts_unread": "parts that could not be read",
    "dialect_unknown": "columns of tables whose separator could not be told",
    "bytes_lost": "characters that are damaged in the file",
}
_ZH: Mapping[NoteKind, str] = {
    "pictures": "没有文字的图片",
    "media": "音频或视频",
    "form_fields": "表单字段",
    "formulas": "公式",
    "pages_without_text": "只有图像的页面",
    "hidden_sheets": "隐藏的工作表、行或幻灯片",
    "withdrawn": "已划去的文字",
    "attachments": "附件",
    "comments": "批注",
    "parts_cut": "超出读取上限的部分",
    "parts_unread": "无法读取的部分",
    "dialect_unknown": "无法辨认分隔符的表格的列",
    "bytes_lost": "文件中损坏的字符",
}


def kinds_of(language: str) -> Mapping[NoteKind, str]:
    """The words for what is missing, in Chinese or English."""
    return _ZH if language.split("-")[0].lower() == "zh" else _EN


def missing(notes: Iterable[ReadingNote], language: str) -> list[str]:
    """What is missing, a phrase for each note: `hidden sheets, rows or slides (2: Costs,
    Rates)`."""
    kinds = kinds_of(language)
    return [f"{kinds[note.kind]} ({_count(note)})" for note in notes]


def _count(note: ReadingNote) -> str:
    return f"{note.count}: {note.detail}" if note.detail else str(note.count)


def limitations(sources: Sequence[Source], language: str) -> list[str]:
    """A line for each source whose text lacks something, in the order of their numbers.

    A document's own words for what is missing stay out of it: a report holds those of its quotes.
    """
    words = words_of(language)
    lines = []
    for source in sources:
        if source.notes:
            what = words["semicolon"].join(missing(_nameless(source.notes), language))
            lines.append(words["missing"].format(n=source.n, what=what))
    return lines


def _nameless(notes: Iterable[ReadingNote]) -> list[ReadingNote]:
    """One note a kind, without its detail."""
    counts: dict[NoteKind, int] = {}
    for note in notes:
        counts[note.kind] = counts.get(note.kind, 0) + note.count
    return [ReadingNote(kind=kind, count=count) for kind, count in counts.items()]
