"""What follows for a claim from what was seen: who else says it.

A claim holds by being its quote's own words. Not here: which claims are disputed
(`research/ledger/merging.py`)."""

from collections.abc import Sequence

from agents.extractive.statements import Seen
from research.domain import Claim, Language, Quote
from research.ledger import merging as ledger
from research.ledger.document_status import highest

NAMED = 3  # sites that a reason names

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "site": "said by one site",
        "sites": "said by {} independent sites",
        "document": "said by one document",
        "documents": "said by {} independent documents",
        "source": "said by one source",
        "sources": "said by {} independent sources",
        "named": " ({})",
        "supersedes": "supersedes an earlier value",
        "comma": ", ",
    },
    "zh": {
        "site": "一个网站这样说",
        "sites": "{}个独立网站这样说",
        "document": "一份文档这样说",
        "documents": "{}份独立文档这样说",
        "source": "一个来源这样说",
        "sources": "{}个独立来源这样说",
        "named": "（{}）",
        "supersedes": "取代了较早的数值",
        "comma": "、",
    },
}


def confirmed(language: Language, claim: Claim, seen: Seen) -> Claim:
    """The claim with every other text that says the same in nearly the same words; a claim is its
    quote's own words, so its quote supports it."""
    own = {quote.snapshot_id for quote in claim.evidence}
    also = [
        s
        for s in seen.statements
        if s.evidence.snapshot_id not in own and ledger.same_claim(s.text, claim.text)
    ]
    evidence = (*claim.evidence, *(statement.evidence for statement in also))
    standing = highest([claim.standing, *(statement.document.standing for statement in also)])
    reason = _said_by(language, evidence, seen)
    return claim.model_copy(
        update={
            "verdict": "supported",
            "evidence": evidence,
            "standing": standing,
            "reason": reason,
        }
    )


def _said_by(language: Language, evidence: Sequence[Quote], seen: Seen) -> str:
    """How many independent sources say it, and which sites they are."""
    words, count = WORDS[language], seen.origins.independent(evidence)
    of_web = [bool(seen.origins.sites.get(quote.reading_id)) for quote in evidence]
    kind = "document" if not any(of_web) else "site" if all(of_web) else "source"
    told = words[f"{kind}s"].format(count) if count > 1 else words[kind]
    sites = seen.origins.named(evidence)
    return told + (
        words["named"].format(words["comma"].join(sites)) if len(sites) == count <= NAMED else ""
    )
