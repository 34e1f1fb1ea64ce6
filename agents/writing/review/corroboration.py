"""Whether what is told as corroborated is: each of its sources must say it by itself. Who summed
pages up may have named one beside another that says something else."""

from collections import Counter
from collections.abc import Iterable, Mapping

from agents.judge.judging import Judge, Statement
from agents.writing.review.pieces import quotes_of
from research.domain import Claim, DraftSentence, Quote


async def corroborated(
    sentences: Iterable[DraftSentence], claims: Mapping[str, Claim], judge: Judge
) -> dict[DraftSentence, int]:
    """How many documents say each of these sentences by themselves, for those that rest on a claim
    of several. A sentence made of several claims is said by no document alone: nobody is asked."""
    wanted = [s for s in dict.fromkeys(sentences) if any(_told(claims[id]) for id in s.claims)]
    asked: dict[tuple[DraftSentence, str], Statement] = {}
    for sentence in wanted:
        by_document: dict[str, list[Quote]] = {}
        for quote in quotes_of(sentence):
            by_document.setdefault(quote.snapshot_id, []).append(quote)
        if len(by_document) > 1 and len(sentence.claims) == 1:
            for id, quotes in by_document.items():
                asked[sentence, id] = Statement(sentence.text, "fact", evidence=tuple(quotes))
    saying = Counter(sentence for sentence, _ in await judge.supported(asked))
    return {sentence: max(1, saying[sentence]) for sentence in wanted}


def _told(claim: Claim) -> bool:
    return claim.documents > 1 or claim.verdict in ("supported", "contested")
