"""What kind a sentence is, and what code can say of it: decided not on the writer's word. Pure.

Not here: entailment (`judging.py`), what becomes of a sentence that fails (`check.py`)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.grounding import names_matter, traced
from agents.headings import is_topic
from agents.restating import restates
from agents.wording import WORDS, ended, is_foreign
from agents.writer import inferred
from research import ledger as ledgers
from research.figures import names, unsupported_figures, years
from research.text import language_of, terms
from research.types import Claim, DraftSentence, Inference, Ledger, Question, Reading, SentenceKind, SentenceVerdict

_ATTRIBUTES = re.compile(
    r"\b(said|says|told|argue[sd]?|claim(s|ed)|according to|report(s|ed) that|stated?|states|wrote|writes)\b|\bbelieve[sd]?\b"
    r"|\bestimate[sd]? that\b"
    r"|表示|认为|指出|声称|据.{1,20}(说|称|报道)|写道",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Known:
    """What a draft is checked against."""

    question: Question
    claims: Mapping[str, Claim]
    readings: Mapping[str, Reading]
    inferences: Mapping[tuple[str, tuple[str, ...]], Inference]

    @classmethod
    def of(cls, question: Question, ledger: Ledger, readings: Sequence[Reading]) -> "Known":
        drawn = {(s.text, s.claims): i for i in ledger.inferences for s in [inferred(i, question.language)]}
        return cls(question, ledger.by_id(), {r.id: r for r in readings}, drawn)

    def of_sentence(self, sentence: DraftSentence) -> list[Claim]:
        return [self.claims[claim_id] for claim_id in sentence.claims if claim_id in self.claims]


def kind_of(sentence: DraftSentence, known: Known) -> SentenceKind:
    """The kind of a sentence. An inference or a synthesis is one only if the analysis made it."""
    claims = known.of_sentence(sentence)
    if not claims:
        return "absence" if sentence.searched is not None else "framing"
    if drawn := known.inferences.get((sentence.text, sentence.claims)):
        return drawn.kind
    if any(claim.runs for claim in claims):
        return "computed"
    return "attributed" if _attributed(sentence.text, claims, known) else "fact"


def _attributed(text: str, claims: Sequence[Claim], known: Known) -> bool:
    """Whether it tells who says something, and the claim or its source tells who and when."""
    if not _ATTRIBUTES.search(text):
        return False
    sources = [known.readings[q.reading_id] for claim in claims for q in claim.evidence if q.reading_id in known.readings]
    told = " ".join([*(q.quote for claim in claims for q in claim.evidence), *(f"{s.author or ''} {s.site} {s.title}" for s in sources)])
    speakers = [set(terms(name)) for name in names(f"x {text}")] or [set()]
    who = any(speaker <= set(terms(told)) for speaker in speakers) if language_of(text) == "en" else bool(_ATTRIBUTES.search(told))
    return who and (bool(years(told)) or any(s.published_at for s in sources))


def is_own_words(sentence: DraftSentence, known: Known) -> bool:
    """Whether a sentence is its one claim's own words."""
    claims = known.of_sentence(sentence)
    return len(claims) == 1 and ended(sentence.text).rstrip(".。") == ended(claims[0].text).rstrip(".。")


def texts_of(claims: Sequence[Claim]) -> list[str]:
    """The words of claims and of their quotes."""
    return [words for claim in claims for words in (claim.text, *(q.quote for q in claim.evidence))]


def invents(text: str, claims: Sequence[Claim]) -> bool:
    """Whether a text has a figure or a name that neither the quotes nor the words of its claims have."""
    texts = texts_of(claims)
    held = {term for words in texts for term in terms(words)}
    return bool(unsupported_figures(text, texts)) or any(not set(terms(name)) <= held for name in names(text))


def strays(sentence: DraftSentence, known: Known, place: str = "") -> bool:
    """Whether it invents, says what its claims do not (in its `place`, if it is a cell), or stands in another language than the
    question's."""
    claims = known.of_sentence(sentence)
    text = sentence.text.removeprefix(WORDS[known.question.language]["infer"])
    if invents(text, claims) or is_foreign(text, known.question.language):
        return True
    return sentence.kind != "inference" and not restates(place or text, texts_of(claims))  # an inference was held to more when it was drawn


def standing(claims: Sequence[Claim]) -> SentenceVerdict:
    """What a sentence inherits from its claims: their own words support it, but one of them may be contested, or hold in part."""
    verdicts = {claim.verdict for claim in claims}
    return "contested" if "contested" in verdicts else "partial" if "partial" in verdicts else "supported"


def repeats(text: str, seen: Sequence[str]) -> bool:
    """Whether something said before says the same."""
    return any(text == other or ledgers.same_claim(text, other) for other in seen)


def heading_of(heading: str, claims: Sequence[Claim], known: Known, under: Sequence[Claim] = ()) -> str:
    """A heading states no finding: one that is no topic, has no word, or a figure or word that neither the question nor these claims
    have, is replaced. It may name nothing that these, or others `under` it, deny."""
    texts = [known.question.text, *(claim.text for claim in claims)]
    own = {text for words in WORDS.values() for text in words.values()}
    bare = heading.rstrip("0123456789.,% :") if unsupported_figures(heading, texts) else heading
    labels = traced(bare, texts, "heading") and names_matter(bare, known.question.text) and not unsupported_figures(bare, texts)
    if bare in own or (terms(bare) and labels and is_topic(bare, known.question.text, [claim.text for claim in (*claims, *under)])):
        return bare
    return WORDS[known.question.language]["findings"]
