"""Whether what is told as corroborated is: each of its sources must say it by itself. Who summed
pages up may have named one beside another that says something else."""

from collections.abc import Mapping, Sequence

from agents.judge.judging import Judge, Statement
from research.domain import Claim, DraftSentence, Quote


async def corroborated(
    sentences: Sequence[DraftSentence], claims: Mapping[str, Claim], judge: Judge
) -> dict[DraftSentence, int]:
    """How many documents say each of these sentences by themselves, for those that rest on a claim
    of several. A sentence made of several claims is said by no document alone: nobody is asked."""
    asked: list[tuple[DraftSentence, Statement]] = []
    wanted = [
        s
        for s in dict.fromkeys(sentences)
        if s.claims and any(_told(claims[id]) for id in s.claims)
    ]
    for sentence in wanted:
        by_document: dict[str, list[Quote]] = {}
        for one in sentence.evidence:
            if isinstance(one, Quote):
                by_document.setdefault(one.snapshot_id, []).append(one)
        if len(by_document) > 1 and len(sentence.claims) == 1:
            asked += [
                (sentence, Statement(sentence.text, "fact", evidence=tuple(quotes)))
                for quotes in by_document.values()
            ]
    verdicts = await judge.verdicts([statement for _, statement in asked])
    counts = dict.fromkeys(wanted, 1)
    for sentence in {s: None for s, _ in asked}:
        own = [verdict for (s, _), verdict in zip(asked, verdicts, strict=True) if s == sentence]
        counts[sentence] = max(
            1, sum(verdict is not None and verdict.word == "supported" for verdict in own)
        )
    return counts


def _told(claim: Claim) -> bool:
    return claim.documents > 1 or claim.verdict in ("supported", "contested")
