"""Documents that were read, claims that quote them a sentence each, and what marks over them
resolve to. Without a store."""

from datetime import UTC, datetime

from agents.judge.figures import Grounds
from agents.writing.resolving import Resolver
from research.domain import Claim, Drawing, Ledger, SearchLog
from research.reporting import bind as cite
from research.store.documents import Document, Documents
from tests.research.readings import reading_of, snapshot_of

DAY = datetime(2026, 1, 1, tzinfo=UTC)
LOG = SearchLog(queries=("depth", "trench"), pages=2, date_from=DAY, date_to=DAY)


def documents_of(*texts: str) -> Documents:
    """Each text a document of a site of its own, d1, d2 …"""
    made = []
    for n, text in enumerate(texts, 1):
        snapshot = snapshot_of(text)
        about = {"title": f"Page {n}", "site": f"example{n}.org", "published_at": "2020-05-17"}
        reading = reading_of(snapshot, f"https://example{n}.org/page", **about)
        made.append(Document(n, reading.model_copy(update={"document": n}), snapshot))
    return Documents(made)


def ledger_of(documents: Documents) -> Ledger:
    """A claim for each sentence, c1, c2 …, in the order of the documents, and a picture f1."""
    quotes = [
        documents.quote(one.number, [place]) for one in documents for place in range(one.size)
    ]
    claims = tuple(
        Claim(id=f"c{n}", text=cite.plain(q.quote), evidence=(q,)) for n, q in enumerate(quotes, 1)
    )
    drawing = Drawing(
        id="f1", run_id="r1", name="depths.png", caption="", media_type="image/png", sha256="0" * 64
    )
    return Ledger(claims=claims, drawings=(drawing,))


def resolver_of(
    *texts: str, question: str = "", today: str = "", outputs: dict[str, str] | None = None
) -> Resolver:
    grounds = Grounds(documents_of(*texts), question, outputs or {}, today=today)
    return Resolver(ledger_of(grounds.documents), grounds, LOG)
