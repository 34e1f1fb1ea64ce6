"""What the Summary Agent gave, made into claims: sentences named by id become quotes that code
copies. Pure but for the files of runs.

A claim whose evidence names nothing that was read is told as a gap, never as a claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator
from pydantic.json_schema import SkipJsonSchema

from agents.guarding.untrusted_text import on_one_line
from agents.schemas import AsText, Form, otherwise, requiring
from research.crew import Run
from research.domain import (
    Claim,
    Contradiction,
    Drawing,
    Language,
    Quote,
    Remark,
    RunEvidence,
    Side,
    Standing,
)
from research.reporting.bind import plain
from research.store import runs
from research.store.documents import Documents
from research.store.tables import RunRow
from research.text.sentences import clip, terms

RUN = "run-"
CHECKED = (
    "The agent was sent to check the claims below (shown with where they were found). "
    "checked: for each of them its id, whether "
    "ANOTHER source corroborates it, contradicts it, or none speaks of it (not_found); "
    "evidence: the sentences that do; why: what "
    "differs and what explains it, in a sentence."
)
CORROBORATED: Mapping[Language, str] = {
    "en": "corroborated by another source",
    "zh": "另有来源印证",
}
CONTRADICTED: Mapping[Language, str] = {
    "en": "another source says otherwise",
    "zh": "另有来源说法不同",
}
LOOKED: Mapping[Language, str] = {"en": "no other source was found", "zh": "未找到其他来源"}


def _grouped(evidence: Any) -> Any:
    """Sentences that say it together, by group; a flat list is one group."""
    flat = isinstance(evidence, list) and all(isinstance(one, str) for one in evidence)
    return [evidence] if flat else evidence


Groups = Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_grouped)]


class GivenClaim(Form):
    """Only its text, parts and evidence are asked of every claim."""

    model_config = requiring("text", "parts", "evidence")

    text: str
    parts: tuple[int, ...] = ()
    evidence: Groups = ()
    subject: str = ""
    measure: str = ""
    value: Annotated[str | float | int, AsText] = ""
    unit: str = ""
    as_of: str = ""
    speaker: str = ""


class GivenConflict(Form):
    topic: str
    kind: Annotated[Literal["conflict", "superseded", "scope"], otherwise("conflict")] = "conflict"
    sides: list[int]
    why: str = ""


class GivenRemark(Form):
    text: str
    ids: tuple[str, ...] = ()


class GivenSource(Form):
    id: str
    standing: Standing = "current"


class GivenCheck(Form):
    claim: str
    finding: Annotated[
        Literal["corroborated", "contradicted", "not_found"], otherwise("not_found")
    ] = "not_found"
    evidence: Groups = ()
    why: str = ""


class Summary(Form):
    """What a model hands back of what an agent was shown."""

    claims: tuple[GivenClaim, ...] = ()
    conflicts: tuple[GivenConflict, ...] = ()
    surprises: tuple[GivenRemark, ...] = ()
    gaps: tuple[str, ...] = ()
    dead_ends: tuple[str, ...] = ()
    sources: tuple[GivenSource, ...] = ()
    checked: SkipJsonSchema[tuple[GivenCheck, ...]] = ()


class Checking(Summary):
    """The same of an agent that was sent to check claims."""

    checked: tuple[GivenCheck, ...] = ()


@dataclass
class Found:
    """What the summaries of one trajectory add up to."""

    task_id: str
    documents: Documents
    runs: Mapping[str, RunRow]
    claims: list[Claim] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)
    surprises: list[Remark] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    dead_ends: list[str] = field(default_factory=list)
    standings: dict[str, Standing] = field(default_factory=dict)
    checks: list[tuple[GivenCheck, tuple[Quote, ...]]] = field(default_factory=list)

    def add(self, given: Summary) -> None:
        """Take what one call gave."""
        for source in given.sources:
            document = self.documents.get(_number(source.id))
            if document is not None:
                self.standings[document.snapshot.id] = source.standing
        made = [self._claim(one) for one in given.claims]
        self.claims += [claim for claim in made if claim is not None]
        self.gaps += [
            clip(on_one_line(f"{one.text} (?)"), 300)
            for one, claim in zip(given.claims, made, strict=True)
            if claim is None
        ]
        self.contradictions += [
            told for one in given.conflicts if (told := _contradiction(one, made)) is not None
        ]
        self.surprises += [
            Remark(text=on_one_line(one.text), ids=one.ids) for one in given.surprises
        ]
        self.surprises += [self._scope(one, made) for one in given.conflicts if one.kind == "scope"]
        self.gaps += [clip(on_one_line(gap), 300) for gap in given.gaps if gap.strip()]
        self.dead_ends += [clip(on_one_line(end), 300) for end in given.dead_ends if end.strip()]
        self.checks += [(one, self._quotes(one.evidence)[0]) for one in given.checked]

    def _claim(self, given: GivenClaim) -> Claim | None:
        quotes, proofs = self._quotes(given.evidence)
        if not (quotes or proofs):
            return None
        started_from = [ref for run in proofs for ref in run.inputs]
        touched = [*quotes, *self.documents.quotes(started_from)]
        readings = [self.documents.reading_of(quote) for quote in touched]
        held = [self.standings.get(quote.snapshot_id, "current") for quote in quotes]
        return Claim(
            id=f"{self.task_id}.{len(self.claims)}.{clip(given.text, 40)}",
            text=plain(on_one_line(given.text)),
            evidence=quotes,
            runs=proofs,
            relevance=1.0,
            documents=len({quote.snapshot_id for quote in quotes}),
            private=any(reading.private for reading in readings),
            standing=held[0] if held and len(set(held)) == 1 else "current",
            subject=clip(on_one_line(given.subject), 200) or clip(on_one_line(given.text), 60),
            measure=clip(on_one_line(given.measure), 200),
            value=clip(on_one_line(str(given.value)), 100),
            unit=clip(on_one_line(given.unit), 60),
            as_of=clip(on_one_line(given.as_of), 60),
            speaker=clip(on_one_line(given.speaker), 120),
            parts=tuple(dict.fromkeys(given.parts)),
        )

    def _quotes(
        self, groups: Sequence[Sequence[str]]
    ) -> tuple[tuple[Quote, ...], tuple[RunEvidence, ...]]:
        """The quotes and runs that these sentences and runs stand for; a group is one piece of
        evidence. Of a run that stands alone what it started from."""
        quotes = [
            quote
            for group in groups
            for quote in self.documents.quotes([ref for ref in group if not ref.startswith(RUN)])
        ]
        named = [self.runs[ref] for group in groups for ref in group if ref in self.runs]
        proofs = [
            RunEvidence(run_id=row.id, code_sha256=row.code_sha256, inputs=tuple(row.inputs))
            for row in named
        ]
        inputs = [ref for row in named for ref in row.inputs] if not quotes else []
        quotes += self.documents.quotes(inputs)
        return tuple(dict.fromkeys(quotes)), tuple(dict.fromkeys(proofs))

    def _scope(self, given: GivenConflict, made: Sequence[Claim | None]) -> Remark:
        quotes = [quote for claim in _sides(given, made) for quote in claim.evidence]
        refs = tuple(ref for quote in quotes for ref in self.documents.refs(quote))
        return Remark(text=on_one_line(f"{given.topic}: {given.why}"), ids=refs)


def _number(name: str) -> int:
    return int(name[1:]) if name[:1] == "d" and name[1:].isdigit() else 0


def _sides(given: GivenConflict, made: Sequence[Claim | None]) -> list[Claim]:
    """The claims on the sides of a conflict, which names them by their places from 1."""
    places = [n for n in dict.fromkeys(given.sides) if 0 < n <= len(made)]
    return [claim for n in places if (claim := made[n - 1]) is not None]


def _contradiction(given: GivenConflict, made: Sequence[Claim | None]) -> Contradiction | None:
    """A conflict of claims; None for one with fewer than two sides."""
    sides = _sides(given, made)
    if given.kind == "scope" or len(sides) < 2:
        return None
    return Contradiction(
        topic=on_one_line(given.topic),
        note=on_one_line(given.why),
        kind=given.kind,
        sides=tuple(map(_side, sides)),
    )


def _side(claim: Claim) -> Side:
    return Side(
        text=claim.text,
        evidence=claim.evidence,
        runs=claim.runs,
        date=claim.as_of,
        standing=claim.standing,
    )


@dataclass(frozen=True)
class Checked:
    """What became of claims that a verify agent looked at."""

    claims: tuple[Claim, ...]
    contradictions: tuple[Contradiction, ...]

    @staticmethod
    def asked(checking: Sequence[Claim], documents: Documents) -> str:
        """The claims as the Summary Agent is shown them; '' where there are none."""
        if not checking:
            return ""
        lines = [
            f"{one.id} {one.text} "
            f"[{' '.join(ref for q in one.evidence for ref in documents.refs(q))}]"
            for one in checking
        ]
        return f"\n{CHECKED}\n" + "\n".join(lines) + "\n"


def checked(
    checks: Sequence[tuple[GivenCheck, tuple[Quote, ...]]],
    checking: Sequence[Claim],
    language: Language,
) -> Checked:
    """The claims with what was found of them: more evidence, or a conflict."""
    known = {claim.id: claim for claim in checking}
    claims: dict[str, Claim] = {
        id: one.replace(reason=LOOKED[language]) for id, one in known.items()
    }
    conflicts: list[Contradiction] = []
    for given, quotes in checks:
        claim = claims.get(given.claim)  # with what an earlier check of it found
        fresh = tuple(quote for quote in quotes if claim and quote not in claim.evidence)
        if claim is None or not fresh:
            continue
        if given.finding == "corroborated":
            claim = claim.replace(evidence=(*claim.evidence, *fresh))
            if claim.verdict != "contested":
                claim = claim.replace(verdict="supported", reason=CORROBORATED[language])
            claims[claim.id] = claim
        elif given.finding == "contradicted":
            claims[claim.id] = claim.replace(verdict="contested", reason=CONTRADICTED[language])
            other = Side(
                text=" … ".join(plain(on_one_line(quote.quote)) for quote in fresh), evidence=fresh
            )
            topic = claim.measure or claim.subject or claim.text
            note = on_one_line(given.why)
            conflicts.append(
                Contradiction(topic=topic, note=note, kind="conflict", sides=(_side(claim), other))
            )
    return Checked(tuple(claims.values()), tuple(conflicts))


def verbatim(
    task_id: str, goal: str, documents: Documents, wanted: Mapping[int, frozenset[int]], most: int
) -> list[Claim]:
    """Sentences as claims in their own words: of each document those that share most words with the
    goal."""
    sought = set(terms(goal))
    claims: list[Claim] = []
    share = max(1, most // max(1, len(wanted)))
    for number, places in wanted.items():
        document = documents.get(number)
        if document is None:
            continue
        shared = {
            place: len(sought & set(terms(document.snapshot.sentence(place)))) for place in places
        }
        best = sorted(places, key=lambda place: (-shared[place], place))[:share]
        for place in sorted(best):
            text = plain(document.snapshot.sentence(place))
            claims.append(
                Claim(
                    id=f"{task_id}.v{len(claims)}.{number}.{place}",
                    text=text,
                    evidence=(documents.quote(number, [place]),),
                    relevance=0.5,
                    private=document.reading.private,
                    subject=document.reading.title,
                )
            )
    return claims


async def drawings(run: Run, rows: Sequence[RunRow]) -> list[Drawing]:
    """The pictures that programs left, each by its run. Their names are code's: those of a program
    reach the reader."""
    if not rows:
        return []
    ids = {row.id for row in rows}
    files = [file for file in await runs.files(run.store, run.job.id) if file.run_id in ids]
    drawn = [file for file in files if file.media_type == "image/png"]
    return [
        Drawing(
            id=f.id,
            run_id=f.run_id,
            name=f"figure-{n}.png",
            caption="",
            media_type=f.media_type,
            sha256=f.sha256,
        )
        for n, f in enumerate(drawn, 1)
    ]
