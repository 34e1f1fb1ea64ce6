"""Small reports made by hand: two sources, every verdict, a contradiction, literal brackets in a
text."""

import hashlib

from research.domain import Draft, Language, SentenceKind, SentenceVerdict, Span, now
from research.domain.report import (
    BulletList,
    CitedContradiction,
    CitedQuote,
    CitedSide,
    Paragraph,
    Report,
    Section,
    Sentence,
    Source,
)
from research.reporting import bind as cite

SEA = "The sea is deep. It was measured in 1875. A line [12] was used. 深度是10,935米。"
LAKE = "The lake is shallow. Others say the sea is flat."


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


TEXTS = {sha(SEA): SEA, sha(LAKE): LAKE}
READINGS = {"r1": sha(SEA), "r2": sha(LAKE)}


def quote(n: int, *words: str) -> CitedQuote:
    text = {1: SEA, 2: LAKE}[n]
    spans: tuple[Span, ...] = tuple((text.index(w), text.index(w) + len(w)) for w in words)
    return CitedQuote(
        n=n, reading_id=f"r{n}", snapshot_id=sha(text), spans=spans, quote=" … ".join(words)
    )


def sentence(
    text: str,
    *evidence: CitedQuote,
    kind: SentenceKind = "fact",
    verdict: SentenceVerdict | None = "supported",
) -> Sentence:
    return Sentence(text=text, kind=kind, verdict=verdict, evidence=evidence)


def source(n: int) -> Source:
    about = {
        "url": f"https://example.org/{n}?a[1]=x_y",
        "title": f"Page *{n}* [{n}]",
        "site": "example.org",
        "via": "http",
    }
    return Source(n=n, reading_id=f"r{n}", snapshot_id=READINGS[f"r{n}"], fetched_at=now(), **about)


def finished(report: Report) -> Report:
    """The report with its quality and its Markdown made to fit."""
    sentences = [
        *report.answer,
        *(s for section in report.sections for s in cite.sentences_of(section)),
    ]
    measured = report.model_copy(
        update={"quality": cite.measure(sentences, Draft(title="", dropped=1))}
    )
    return measured.model_copy(update={"markdown": cite.render(measured)})


def sample(language: Language = "en") -> Report:
    deep, old = (
        quote(1, "The sea is deep."),
        quote(1, "It was measured in 1875.", "A line [12] was used."),
    )
    shallow, flat = quote(2, "The lake is shallow."), quote(2, "Others say the sea is flat.")
    return finished(
        Report(
            id="job",
            question="How deep?",
            language=language,
            mode="multi_agent",
            effort="quick",
            status="partial",
            title="Depth [1] of the sea",
            markdown="",
            answer=(
                sentence("The sea is deep (very).", deep),
                sentence("Measured with a line [12] in 1875.", old, deep),
            ),
            sections=(
                Section(
                    heading="Seas and lakes",
                    blocks=(
                        Paragraph(
                            sentences=(
                                sentence("We look at both.", kind="framing", verdict=None),
                                sentence(
                                    "Seas differ from lakes.",
                                    shallow,
                                    deep,
                                    kind="synthesis",
                                    verdict="partial",
                                ),
                                sentence("Nobody knows the 3rd depth.", verdict="unverified"),
                            )
                        ),
                        BulletList(
                            items=(
                                (sentence("- The lake is shallow.", shallow, verdict="contested"),),
                            )
                        ),
                    ),
                ),
            ),
            sources=(source(1), source(2)),
            contradictions=(
                CitedContradiction(
                    topic="shape",
                    note="they differ",
                    sides=(
                        CitedSide(text="It is deep.", evidence=(deep,)),
                        CitedSide(text="It is flat.", evidence=(flat,)),
                    ),
                ),
            ),
            limitations=("Only 2 pages were read.",),
            floors=("plan", "write"),
        )
    )
