"""What the Summary Agent gave, made into claims: sentences named by id become quotes that code
copies. Pure but for the files of runs.

A claim whose evidence names nothing that was read is told as a gap, never as a claim."""

from collections.abc import Collection, Iterable, Mapping, Sequence
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
from research.store.database import Store
from research.store.documents import Documents
from research.store.tables import RunRow
from research.text.sentences import clip, term_set

RUN = "run-"
# texts that a claim may have, and their longest
LINES = {"subject": 200, "measure": 200, "value": 100, "unit": 60, "as_of": 60, "speaker": 120}
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
            if found := self.documents.find(source.id):
                self.standings[found[0].snapshot.id] = source.standing
        made = [self._claim(one) for one in given.claims]
        told = zip(given.claims, made, strict=True)
        unproved = [f"{one.text} (?)" for one, claim in told if claim is None]
        self.claims += [claim for claim in made if claim is not None]
        self.surprises += [
            Remark(text=on_one_line(one.text), ids=one.ids) for one in given.surprises
        ]
        for conflict in given.conflicts:
            self._add_conflict(conflict, made)
        self.gaps += _lines([*unproved, *given.gaps])
        self.dead_ends += _lines(given.dead_ends)
        self.checks += [(one, self._quotes(one.evidence)[0]) for one in given.checked]

    def _add_conflict(self, given: GivenConflict, made: Sequence[Claim | None]) -> None:
        """A conflict names the claims on its sides by their places from 1; values of different
        scope are no conflict, but worth a remark."""
        places = [n for n in dict.fromkeys(given.sides) if 0 < n <= len(made)]
        sides = [claim for n in places if (claim := made[n - 1]) is not None]
        topic, note = on_one_line(given.topic), on_one_line(given.why)
        if given.kind == "scope":
            quotes = [quote for claim in sides for quote in claim.evidence]
            refs = tuple(ref for quote in quotes for ref in self.documents.refs(quote))
            self.surprises.append(Remark(text=on_one_line(f"{topic}: {note}"), ids=refs))
        elif len(sides) > 1:
            self.contradictions.append(
                Contradiction(
                    topic=topic, note=note, kind=given.kind, sides=tuple(map(side_of, sides))
                )
            )

    def _claim(self, given: GivenClaim) -> Claim | None:
        quotes, proofs = self._quotes(given.evidence)
        if not (quotes or proofs):
            return None
        started_from = [ref for run in proofs for ref in run.inputs]
        touched = [*quotes, *self.documents.quotes(started_from)]
        standings = {self.standings.get(quote.snapshot_id, "current") for quote in quotes}
        lines = {name: _line(str(getattr(given, name)), most) for name, most in LINES.items()}
        made = Claim(
            id=f"{self.task_id}.{len(self.claims)}.{clip(given.text, 40)}",
            text=plain(on_one_line(given.text)),
            evidence=quotes,
            runs=proofs,
            relevance=1.0,
            documents=len({quote.snapshot_id for quote in quotes}),
            private=any(self.documents.reading_of(quote).private for quote in touched),
            standing=standings.pop() if len(standings) == 1 else "current",
            parts=tuple(dict.fromkeys(given.parts)),
        ).replace(**lines)
        return made if made.subject else made.replace(subject=_line(given.text, 60))

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
        if not quotes:
            quotes += self.documents.quotes(ref for row in named for ref in row.inputs)
        return tuple(dict.fromkeys(quotes)), tuple(dict.fromkeys(map(proof_of, named)))


async def runs_done(store: Store, job_id: str, task_id: str | None = None) -> dict[str, RunRow]:
    """The runs of programs that ended well, of one task or of all, by the names they are shown
    under."""
    rows = await runs.runs(store, job_id, task_id)
    return {f"{RUN}{row.id}": row for row in rows if row.exit_code == 0}


def proof_of(row: RunRow) -> RunEvidence:
    return RunEvidence(run_id=row.id, code_sha256=row.code_sha256, inputs=tuple(row.inputs))


def _line(text: str, most: int) -> str:
    return clip(on_one_line(text), most)


def _lines(texts: Iterable[str]) -> list[str]:
    return [_line(text, 300) for text in texts if text.strip()]


def side_of(claim: Claim) -> Side:
    """A claim as a side of a conflict."""
    return Side(
        text=claim.text,
        evidence=claim.evidence,
        runs=claim.runs,
        date=claim.as_of,
        standing=claim.standing,
    )


def asked_of(checking: Sequence[Claim], documents: Documents) -> str:
    """Claims that are to be checked as the Summary Agent is shown them; '' where there are none."""
    if not checking:
        return ""
    lines = [CHECKED]
    for claim in checking:
        refs = [ref for quote in claim.evidence for ref in documents.refs(quote)]
        lines.append(f"{claim.id} {claim.text} [{' '.join(refs)}]")
    return "\n{}\n".format("\n".join(lines))


def checked(
    checks: Sequence[tuple[GivenCheck, tuple[Quote, ...]]],
    checking: Sequence[Claim],
    language: Language,
) -> tuple[list[Claim], list[Contradiction]]:
    """The claims that a verify agent looked at with what was found of them: more evidence, or a
    conflict."""
    claims = {claim.id: claim.replace(reason=LOOKED[language]) for claim in checking}
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
        elif given.finding == "contradicted":
            text = " … ".join(plain(on_one_line(quote.quote)) for quote in fresh)
            conflicts.append(
                Contradiction(
                    topic=claim.measure or claim.subject or claim.text,
                    note=on_one_line(given.why),
                    kind="conflict",
                    sides=(side_of(claim), Side(text=text, evidence=fresh)),
                )
            )
            claim = claim.replace(verdict="contested", reason=CONTRADICTED[language])
        claims[claim.id] = claim
    return list(claims.values()), conflicts


def verbatim(
    task_id: str, goal: str, documents: Documents, wanted: Mapping[int, Collection[int]], most: int
) -> list[Claim]:
    """Sentences as claims in their own words: of each document those that share most words with the
    goal."""
    sought = term_set(goal)
    claims: list[Claim] = []
    share = max(1, most // max(1, len(wanted)))
    for document in (one for one in documents if one.number in wanted):
        number, sentence = document.number, document.snapshot.sentence
        shared = {place: len(sought & term_set(sentence(place))) for place in wanted[number]}
        best = sorted(shared, key=lambda place: (-shared[place], place))[:share]
        for place in sorted(best):
            claims.append(
                Claim(
                    id=f"{task_id}.v{len(claims)}.{number}.{place}",
                    text=plain(sentence(place)),
                    evidence=(documents.quote(number, [place]),),
                    relevance=0.5,
                    private=document.reading.private,
                    subject=document.reading.title,
                )
            )
    return claims


async def drawings(run: Run, rows: Iterable[RunRow]) -> tuple[Drawing, ...]:
    """The pictures that programs left, each by its run. Their names are code's: those of a program
    reach the reader."""
    ids = {row.id for row in rows}
    files = await runs.files(run.store, run.job.id) if ids else []
    drawn = [one for one in files if one.run_id in ids and one.media_type == "image/png"]
    return tuple(
        Drawing(
            id=f.id,
            run_id=f.run_id,
            name=f"figure-{n}.png",
            caption="",
            media_type=f.media_type,
            sha256=f.sha256,
        )
        for n, f in enumerate(drawn, 1)
    )
