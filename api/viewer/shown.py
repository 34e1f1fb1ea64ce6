"""A report as the templates show it: for each sentence its citations, its flags if it is an
exception, its premises. Pure.

The report says everything already; this only sorts it for the eye. Not here: words (`strings.py`),
markup (`templates/`).
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from api.viewer.marks import write_spans
from research.domain import Ledger
from research.domain.report import Cell, CitedQuote, Report, Sentence
from research.reporting.basis import Basis, everything_said, key_of
from research.reporting.clauses import Citation, flow_of
from research.reporting.inline import Code, Strong, Words, parts_of


@dataclass(frozen=True)
class Cite:
    """One citation button. `spans` as `start-end,…`; `quote` is what a reader sees before opening
    it."""

    n: int
    reading_id: str
    spans: str
    quote: str
    translation: str = ""


@dataclass(frozen=True)
class Premise:
    text: str
    cites: tuple[Cite, ...]


@dataclass(frozen=True)
class Measure:
    """A part of the bar that shows how well a report is proven: where it starts and how wide it is,
    in hundredths."""

    name: str
    count: int
    start: float
    width: float


@dataclass(frozen=True)
class Piece:
    """Words of a sentence as safe HTML, then the citations that stand behind them."""

    html: Markup
    cites: tuple[Cite, ...] = ()


def marked_up(text: str) -> Markup:
    """A text as HTML: escaped, its `code` and **strong** words in elements of ours."""
    return Markup("").join(_html(placed.part) for placed in parts_of(text))


def _html(part: Words | Code | Strong) -> Markup:
    match part:
        case Code(text):
            return Markup("<code>{}</code>").format(text)
        case Strong(parts):
            return Markup("<strong>{}</strong>").format(
                Markup("").join(_html(one) for one in parts)
            )
        case Words(text):
            return escape(text)


def flow(sentence: Sentence) -> list[Piece]:
    """A sentence as it is read: its words, with the citations of each clause behind it."""
    found: list[Piece] = []
    said = Markup("")
    for piece in flow_of(sentence):
        if isinstance(piece, Citation):
            found.append(Piece(said, tuple(cites(piece.quotes))))
            said = Markup("")
        else:
            said += _html(piece)
    return [*found, Piece(said)] if said else found


def basis_of(sentence: Sentence, bases: Mapping[Hashable, Basis]) -> Basis | None:
    """What a conclusion or a calculation rests on; None for a sentence whose quotes say it all."""
    return bases.get(key_of(sentence))


def cites(evidence: Iterable[object]) -> list[Cite]:
    """One citation a source, by number, with every span it is cited for."""
    quotes: dict[int, list[CitedQuote]] = {}
    for item in evidence:
        if isinstance(item, CitedQuote):
            quotes.setdefault(item.n, []).append(item)
    return [
        Cite(
            n,
            same[0].reading_id,
            write_spans(sorted({span for quote in same for span in quote.spans})),
            " … ".join(dict.fromkeys(quote.quote for quote in same)),
            " … ".join(dict.fromkeys(quote.translation for quote in same if quote.translation)),
        )
        for n, same in sorted(quotes.items())
    ]


def flags(sentence: Sentence) -> list[str]:
    """What sets a sentence or a cell apart; nothing for the supported. Conclusions carry the letter
    of their basis instead."""
    found: list[str] = [sentence.kind] if sentence.kind in ("synthesis", "absence") else []
    if sentence.remarked:
        found.append(sentence.remarked)
    return found


def premises(sentence: Sentence, ledger: Ledger | None, report: Report) -> list[Premise]:
    """The claims that a sentence rests on, each once. Other premises are not known by text."""
    if ledger is None:
        return []
    claims = ledger.by_id()
    numbers = {source.reading_id: source.n for source in report.sources}
    ids = dict.fromkeys(premise for premise in sentence.premises if premise in claims)
    return [
        Premise(
            claims[claim_id].text,
            tuple(
                Cite(
                    numbers[quote.reading_id],
                    quote.reading_id,
                    write_spans(quote.spans),
                    quote.quote,
                )
                for quote in claims[claim_id].evidence
                if quote.reading_id in numbers
            ),
        )
        for claim_id in ids
    ]


def measures(report: Report) -> list[Measure]:
    """How many sentences have each verdict, as parts of a bar."""
    counts: dict[str, int] = dict.fromkeys(("supported", "partial", "contested", "unverified"), 0)
    for sentence in (said for said in everything_said(report) if not isinstance(said, Cell)):
        if sentence.verdict:
            counts[sentence.verdict] += 1
    total = sum(counts.values())
    bar: list[Measure] = []
    start = 0.0
    for name, count in counts.items():
        if count:
            width = 100 * count / total
            bar.append(Measure(name, count, round(start, 2), round(width, 2)))
            start += width
    return bar


def evidence_of(sentences: Iterable[Sentence]) -> list[object]:
    return [item for sentence in sentences for item in sentence.evidence]


def translated(evidence: Iterable[object]) -> list[CitedQuote]:
    """The quotes that carry a translation, each once."""
    found = {
        item.quote: item for item in evidence if isinstance(item, CitedQuote) and item.translation
    }
    return list(found.values())


def quotes_by_source(report: Report) -> Mapping[int, list[CitedQuote]]:
    """Every quote of the report under the number of its source, each once."""
    found: dict[int, dict[str, CitedQuote]] = {}
    evidence = [item for sentence in everything_said(report) for item in sentence.evidence]
    evidence += [item for c in report.contradictions for side in c.sides for item in side.evidence]
    for item in evidence:
        if isinstance(item, CitedQuote):
            found.setdefault(item.n, {})[item.quote] = item
    return {n: list(quotes.values()) for n, quotes in found.items()}


def http_url(url: str) -> str | None:
    """The address if a reader may follow it: http or https with a host, nothing else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    plain = url.isprintable() and not any(char.isspace() for char in url)
    return url if plain and parts.scheme in ("http", "https") and parts.hostname else None
