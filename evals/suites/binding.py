"""The suite *binding*: whether the gates let true sentences into a report, word for word, and keep
them out once a figure is altered.

Each claim of WiCE is written as a draft of one paragraph whose marks are the sentences that people
marked in the claim's page. It goes the product's own way: read, checked by code, judged, handed
back to its writer, bound. Judge and writer are scripts: the judge knows the label, and calls every
altered claim supported, so that code alone can refuse it; the writer hands every block back as it
was. Not here: how a sentence is altered (`falsehoods/alterations.py`), the data's format
(`data/wice.py`), a real judge (`verify.py`).
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal

from agents.models import Message, ScriptedModels
from agents.writing import reading
from agents.writing.lengths import Length
from agents.writing.resolving import Resolver
from agents.writing.review.review import Review
from evals.data.wice import Label, Labelled, load
from evals.falsehoods.alterations import WAYS, Alteration, altered
from evals.graders.markdown import bare, lines_of, squeezed
from evals.graders.scores import Metric, Outcome, mean
from evals.subjects.apart import asked, documents_of, grounds_of, run_apart
from research.crew import Run
from research.domain import Draft, Ledger, Outline, SearchLog, now
from research.domain.report import Report, Usage
from research.reporting import bind as cite
from research.reporting.bind import Bindings
from research.reporting.markdown import sentences_of
from research.store.documents import Documents
from research.text.sentences import sentence_spans

Part = Literal["all", "first", "second"]
QUESTION = "What do the pages say?"
AT_ONCE = 20  # sentences named in one mark
SAID: Mapping[Label, str] = {
    "supported": "supported",
    "partially_supported": "partial",
    "not_supported": "unsupported",
}
_BLOCK = re.compile(
    r"^### (?P<id>\S+)[^\n]*\n(?P<markdown>.*?)\nNot accepted:\n(?P<why>.*?)(?=\n\n|\Z)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Held:
    """What became of a claim, and of the claim altered, if it has a figure to alter: whether it
    stands, and what was said against it."""

    claim: Labelled
    stands: bool
    refused: str
    alteration: Alteration | None = None
    altered_stands: bool = False

    @property
    def supported(self) -> bool:
        return self.claim.label == "supported"


@dataclass
class Script:
    """Plays judge and writer. `word` is the judge's on every statement; `refused` what the writer
    was told the last time."""

    word: str = "supported"
    refused: list[str] = field(default_factory=list)

    def __call__(
        self, role: str, messages: Sequence[Message], schema: dict[str, Any]
    ) -> dict[str, Any]:
        properties = schema["properties"]
        if role == "judge":
            ids = properties["verdicts"]["items"]["properties"]["id"]["enum"]
            return {"verdicts": [{"id": id, "missing": "", "verdict": self.word} for id in ids]}
        told = list(_BLOCK.finditer(messages[-1]["content"]))
        self.refused += [" ".join(one["why"].split()) for one in told]
        return {"blocks": [{"id": one["id"], "markdown": one["markdown"]} for one in told]}


async def perform(data: Path, *, part: Part = "all", tell: Callable[[str], None]) -> Outcome:
    """Write each claim into a report of its own. Raises `InputRejected`."""
    claims = [claim for claim in load(data / "wice") if part in ("all", half(claim))]
    async with run_apart(asked(QUESTION)) as run:
        held = [await hold(run, claim) for claim in claims]
    for one in held:
        if one.supported and not one.stands:
            tell(f"refused {one.claim.id}: {one.refused or 'it does not stand word for word'}")
        if one.alteration and one.altered_stands:
            tell(f"let through {one.claim.id} ({one.alteration.way}): {one.alteration.text}")
    return Outcome(
        "binding", f"the gates of a report, {part} claims", len(held), 0, measure(held), Usage()
    )


def half(claim: Labelled) -> Part:
    """The half that a claim belongs to: the second is not looked at while the gate is made."""
    return "second" if _number(claim.id) % 2 else "first"


def _number(identifier: str) -> int:
    return int.from_bytes(hashlib.sha256(identifier.encode()).digest()[:8])


async def hold(run: Run, claim: Labelled) -> Held:
    """The claim through all gates; if it is supported, altered as well: the alteration is drawn by
    the claim's id."""
    stands, refused = await _held(run, claim, claim.claim, SAID[claim.label])
    alteration = (
        altered(claim.claim, Random(_number(claim.id))) if claim.label == "supported" else None
    )
    if alteration is None:
        return Held(claim, stands, refused)
    altered_stands, _ = await _held(run, claim, alteration.text, "supported")
    return Held(claim, stands, refused, alteration, altered_stands)


async def _held(run: Run, claim: Labelled, text: str, word: str) -> tuple[bool, str]:
    """Whether a text, with the marks of a claim, stands in its report word for word, and what was
    said against it."""
    script = Script(word)
    report = await reported(run, claim, text, ScriptedModels(script))
    return stands(text, report), "; ".join(script.refused)


async def reported(run: Run, claim: Labelled, text: str, models: ScriptedModels) -> Report:
    """The report of a draft that says nothing but this text."""
    documents = documents_of([claim], run.job.id)
    grounds = grounds_of(documents, run.question)
    log = SearchLog(queries=(), pages=1, date_from=now(), date_to=now())
    resolver = Resolver(Ledger(), grounds, log)
    draft = Draft(title="", sections=tuple(reading.read(written(claim, text), resolver).sections))
    values = dict.fromkeys(("instructions", "brief", "evidence"), "")
    values |= Length.of(run, Outline()).told(0)
    values |= {"today": str(run.question.today), "language": "English", "question": QUESTION}
    checked = await Review(run, models, resolver, values).of(draft)
    return cite.bind(
        checked, Ledger(), _bindings(documents), job=run.job, status="complete", usage=Usage()
    )


def _bindings(documents: Documents) -> Bindings:
    return Bindings(
        {d.reading.id: d.reading for d in documents}, {d.snapshot.id: d.snapshot for d in documents}
    )


def written(claim: Labelled, text: str) -> str:
    """The text as a writer would write it: each sentence with marks of all that any annotator
    marked."""
    marked = sorted(frozenset[int]().union(*claim.support))
    names = [f"d1.{number + 1}" for number in marked]
    marks = "".join(
        f" {{{', '.join(names[start : start + AT_ONCE])}}}"
        for start in range(0, len(names), AT_ONCE)
    )
    return " ".join(f"{text[start:end]}{marks}" for start, end in sentence_spans(text))


def stands(text: str, report: Report) -> bool:
    """Whether the report says the text word for word, as supported, in its JSON and in its
    Markdown."""
    told = [s for section in report.sections for s in sentences_of(section)]
    same = " ".join(s.text for s in told).split() == text.split()
    shown = "".join(squeezed(line.text) for line in lines_of(report.markdown))
    return same and all(s.verdict == "supported" for s in told) and bare(text) in shown


def measure(held: Sequence[Held]) -> dict[str, Metric]:
    supported = [one for one in held if one.supported]
    with_figures = [one for one in supported if one.alteration]
    kept = [one for one in with_figures if one.stands]
    return {
        "kept": mean([float(one.stands) for one in supported]),
        "kept_figures": mean([float(one.stands) for one in with_figures]),
        "altered_refused": mean([float(not one.altered_stands) for one in with_figures]),
        "altered_refused.of_kept": mean([float(not one.altered_stands) for one in kept]),
        **dict(_by_way(with_figures)),
        "unsupported_shown": mean([float(one.stands) for one in held if not one.supported]),
    }


def _by_way(held: Sequence[Held]) -> Iterator[tuple[str, Metric]]:
    for way in WAYS:
        some = [one for one in held if one.alteration and one.alteration.way == way]
        yield f"altered_refused.{way}", mean([float(not one.altered_stands) for one in some])
