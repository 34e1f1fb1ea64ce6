"""Marking quotes in a text: cut it at the spans, so that a template can wrap each part. Pure;
offsets count code points."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from research.domain import Span

_AT = re.compile(r"\d{1,9}-\d{1,9}(?:,\d{1,9}-\d{1,9}){0,49}")


@dataclass(frozen=True)
class Piece:
    text: str
    marked: bool


def pieces(text: str, spans: Iterable[Span]) -> list[Piece]:
    """The text in order, marked parts apart; joined they are the text. Spans may overlap; what is
    outside of the text is ignored."""
    cut: list[Piece] = []
    done = 0
    for start, end in sorted(spans):
        start, end = max(start, done), min(end, len(text))
        if start >= end:
            continue
        if start > done:
            cut.append(Piece(text[done:start], False))
        cut.append(Piece(text[start:end], True))
        done = end
    if done < len(text):
        cut.append(Piece(text[done:], False))
    return cut


def write_spans(spans: Iterable[Span]) -> str:
    return ",".join(f"{start}-{end}" for start, end in spans)


def read_spans(written: str) -> list[Span]:
    """The opposite of `write_spans`; nothing for anything else."""
    if not _AT.fullmatch(written):
        return []
    pairs = (part.split("-") for part in written.split(","))
    return [(int(start), int(end)) for start, end in pairs]
