"""How long a report is, as somebody counts who set it a length: its words, of Chinese and Japanese
each character and each sign between them; with its tables or without."""

import re
from dataclasses import dataclass
from typing import Any, Self

from agents.writing import marks, reading
from research.crew import Run
from research.domain import Draft, DraftTable, Outline

_CJK = "\u3001-\u30ff\u3400-\u9fff\uff01-\uff5e"
_WORD = re.compile(rf"[{_CJK}]|(?:[^\s{_CJK}|]*[^\W{_CJK}][^\s{_CJK}|]*)")
USUAL = 900  # words, where the effort aims at no length


@dataclass(frozen=True)
class Length:
    """The length that a report is to have: `words`, those of its `tables` among them or not."""

    words: int
    tables: bool

    @classmethod
    def of(cls, run: Run, outline: Outline) -> Self:
        planned = sum(section.words for section in outline.sections)
        return cls(planned or run.effort.words or USUAL, outline.counts_tables)

    @property
    def counted(self) -> str:
        """How it is counted, in words that a writer is told."""
        return "tables included" if self.tables else "tables aside"

    def of_markdown(self, markdown: str) -> int:
        """The words of a text without its marks, to the nearest ten."""
        lines = markdown.splitlines()
        kept = [line for line in lines if self.tables or not line.startswith("|")]
        return _words(marks.lift("\n".join(kept))[0])

    def of_draft(self, draft: Draft) -> int:
        """The words of a draft, to the nearest ten."""
        texts = [draft.title, *(sentence.text for sentence in draft.answer)]
        for section in draft.sections:
            blocks = [b for b in section.blocks if self.tables or not isinstance(b, DraftTable)]
            texts += [section.heading, *(s.text for s in reading.sentences_of(*blocks))]
        return _words("\n".join(texts))

    def told(self, written: int) -> dict[str, Any]:
        """What the writer of a report of so many words is told: how long it is to be, and how much
        longer or shorter that is."""
        longer = self.words - written
        room = f"may get some {longer}" if longer > 0 else f"has to get some {-longer}"
        return {
            "words": self.words,
            "written": written,
            "tables": self.counted,
            "room": f"it {room} words {'longer' if longer > 0 else 'shorter'}",
        }


def _words(text: str) -> int:
    return round(len(_WORD.findall(text)), -1)
