"""What follows for a claim from what was seen and judged: its verdict, who else says it, and in a few words why.

A model's word adds a source only where an independent one says it, and never makes more of a claim than its quotes hold: code narrows it
to them, or marks it. Without a word of a model a claim holds by being its quote's own words. Not here: the asking (`verdicts.py`), which
claims are disputed (`research/ledger.py`)."""

from collections.abc import Sequence

from agents.entailment import Item, Judged, missing
from agents.fence import on_one_line
from agents.grounding import judges, traced, without_keys
from agents.kinds import invents, texts_of
from agents.statements import Seen
from agents.verdicts import Looked, fenced
from agents.wording import cleaned
from research import cite, ledger
from research.standing import highest
from research.superseding import Statement
from research.text import clip
from research.types import Claim, Contradiction, Language, Quote

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
        "narrowed": "narrowed to the words of its quote",
        "partial": "its quote says only a part of it",
        "insufficient": "its quotes do not say it",
        "refuted": "its own source says the contrary",
        "because": ": {}",
        "disputed": "{} says otherwise",
        "superseded": "{} gives the value that holds now",
        "supersedes": "supersedes an earlier value",
        "also": "; ",
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
        "narrowed": "已缩小为引文所说的内容",
        "partial": "引文只说到其中一部分",
        "insufficient": "引文没有这样说",
        "refuted": "其来源所说相反",
        "because": "：{}",
        "disputed": "{}的说法不同",
        "superseded": "{}给出了现行的数值",
        "supersedes": "取代了较早的数值",
        "also": "；",
        "comma": "、",
    },
}


def confirmed(language: Language, claim: Claim, seen: Seen) -> Claim:
    """The claim with every other text that says the same in nearly the same words; a claim is its quote's own words, so its quote
    supports it."""
    own = {quote.snapshot_id for quote in claim.evidence}
    also = [s for s in seen.statements if s.evidence.snapshot_id not in own and ledger.same_claim(s.text, claim.text)]
    evidence = (*claim.evidence, *(statement.evidence for statement in also))
    standing = highest([claim.standing, *(statement.document.standing for statement in also)])
    reason = _said_by(language, evidence, seen)
    return claim.model_copy(update={"verdict": "supported", "evidence": evidence, "standing": standing, "reason": reason})


def concluded(language: Language, looked: Looked, contradictions: Sequence[Contradiction], seen: Seen) -> Claim:
    """The claim with its verdict, with what independent sources say of it, and why."""
    claim, words = looked.claim, WORDS[language]
    if looked.own and looked.own.verdict in ("refuted", "insufficient"):
        reason = words[looked.own.verdict] + _because(language, claim, looked.own)
        return claim.model_copy(update={"verdict": looked.own.verdict, "reason": reason})
    said: list[str] = []
    changes: dict[str, object] = {"verdict": "supported"}
    if looked.own and looked.own.verdict == "partial":
        if claim.text not in (own := [cite.plain(quote.quote) for quote in claim.evidence]):
            changes["text"] = own[0]
            said.append(words["narrowed"])
        else:
            changes["verdict"] = "partial"
            said.append(words["partial"] + _because(language, claim, looked.own))
    also = _corroborating(looked, seen)
    evidence = (*claim.evidence, *also)
    changes["evidence"] = evidence
    changes["standing"] = highest([claim.standing, *(seen.documents[quote.reading_id].standing for quote in also)])
    said += [_said_by(language, evidence, seen), *_disputed(language, claim, contradictions, seen)]
    return claim.model_copy(update={**changes, "reason": words["also"].join(said)})


def _because(language: Language, claim: Claim, judged: Judged) -> str:
    """A model's own reason, in words that lead nowhere: those of the claim, of its quotes and of judging, and of the quotes; else none."""
    told = without_keys(cite.unlinked(cleaned(judged.reason)), claim.text)
    grounded = judges(told, texts_of([claim])) and traced(told, texts_of([claim]), "reason") and not invents(told, [claim])
    return WORDS[language]["because"].format(clip(told, 160)) if grounded else ""


def _corroborating(looked: Looked, seen: Seen) -> list[Quote]:
    """What other documents say for a claim, each one more independent source; the same words, where no model was asked, say it too."""
    claim = looked.claim
    found: list[Quote] = []
    asked = {id(other) for other, judged in looked.others if judged}
    saying = [(other, True) for other, judged in looked.others if judged and judged.verdict == "supported"]
    saying += [(s, False) for s in seen.statements if id(s) not in asked and ledger.same_claim(s.text, claim.text)]
    for other, judged in saying:
        quote = _whole(claim, other, seen) if judged else other.evidence
        if seen.origins.adds(quote, [*claim.evidence, *found]):
            found.append(quote)
    return found


def _whole(claim: Claim, other: Statement, seen: Seen) -> Quote:
    """The sentence, with its neighbours where it lacks a figure or a name that they hold: they were judged together."""
    if not missing(Item(claim.text, (other.evidence.quote,), other.title)):
        return other.evidence
    snapshot = fenced(seen.snapshots[other.evidence.snapshot_id], other.evidence.spans)
    if (span := other.evidence.spans[0]) not in snapshot.sentences:
        return other.evidence
    place = snapshot.sentences.index(span)
    return cite.quote(snapshot, snapshot.sentences[max(0, place - 1) : place + 2], other.evidence.reading_id)


def _said_by(language: Language, evidence: Sequence[Quote], seen: Seen) -> str:
    """How many independent sources say it, and which sites they are."""
    words, count = WORDS[language], seen.origins.independent(evidence)
    of_web = [bool(seen.origins.sites.get(quote.reading_id)) for quote in evidence]
    kind = "document" if not any(of_web) else "site" if all(of_web) else "source"
    told = words[f"{kind}s"].format(count) if count > 1 else words[kind]
    sites = seen.origins.named(evidence)
    return told + (words["named"].format(words["comma"].join(sites)) if len(sites) == count <= NAMED else "")


def _disputed(language: Language, claim: Claim, contradictions: Sequence[Contradiction], seen: Seen) -> list[str]:
    """What else there is: who says otherwise, or which value took its place."""
    words, quotes = WORDS[language], {quote.quote for quote in claim.evidence}
    told = []
    for found in contradictions:
        held = [bool(quotes & {quote.quote for quote in side.evidence}) for side in found.sides]
        if not any(held):
            continue
        if found.kind == "superseded" and held[-1]:
            told.append(words["supersedes"])
            continue
        others = [found.sides[-1]] if found.kind == "superseded" else [s for s, own in zip(found.sides, held, strict=True) if not own]
        sites = seen.origins.named(quote for side in others for quote in side.evidence)
        named = (sites or [clip(on_one_line(side.title), 60) for side in others])[:NAMED]
        told.append(words["disputed" if found.kind == "conflict" else "superseded"].format(words["comma"].join(named)))
    return told
