"""A writer, a judge and their desk, scripted: what becomes of a text on its way through the gates
into a report."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.models import ScriptedModels
from agents.models.scripted import Scripted
from agents.writing import steps
from research.domain import Draft, Ledger, Outline, Plan
from research.domain.report import Report, Usage
from research.errors import ModelOutputInvalid
from research.reporting import bind as cite
from research.store.database import Store
from tests.agents.written import Desk, desk

PLAN = Plan(brief="The depth.", must_contain=("How deep it is",), done=True)
STATEMENT = re.compile(
    r"^(s\d+) \((\w+)[^)\n]*\) rests on (.*)\n(?:context: (.*)\n)?statement: (.*)$", re.MULTILINE
)
Verdict = tuple[str, str]  # what is missing, the word
Judging = Callable[[str, str], str | Verdict | None]


def agrees(kind: str, text: str) -> str:
    return "follows" if kind == "inference" else "supported"


@dataclass
class Crew:
    """`judge` is given a statement's kind and text; `mended` are blocks by id, or by the text in
    them; None is no answer."""

    markdown: str = ""
    judge: Judging = agrees
    mended: Mapping[str, str] | None = None
    edited: dict[str, Any] | None = None
    judged: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)

    def answer(self, role: str, messages: Any, schema: dict[str, Any]) -> Scripted:
        prompt = messages[-1]["content"]
        self.asked.append(prompt)
        names = set(schema.get("properties", {}))
        if names == {"verdicts"}:
            self.seen.append(prompt)
            return {"verdicts": self._verdicts(prompt)}
        if names == {"blocks"}:
            self.repairs.append(prompt)
            return {"blocks": self._blocks(prompt)} if self.mended is not None else NOTHING
        if names == {"lacking", "answer", "blocks"}:
            return self.edited or NOTHING
        return self.markdown or NOTHING

    def _verdicts(self, prompt: str) -> list[dict[str, str]]:
        given = []
        for id, kind, _, _, text in STATEMENT.findall(prompt.split("\nStatements:\n")[1]):
            self.judged.append((kind, text))
            said = self.judge(kind, text)
            missing, word = said if isinstance(said, tuple) else ("", said)
            given += [{"id": id, "missing": missing, "verdict": word}] if word else []
        return given

    def _blocks(self, prompt: str) -> list[dict[str, str]]:
        shown = re.findall(
            r"^### (\S+)[^\n]*\n(.*?)\nNot accepted:", prompt, re.MULTILINE | re.DOTALL
        )
        wanted = self.mended or {}
        return [
            {"id": id, "markdown": m}
            for id, text in shown
            for key, m in wanted.items()
            if key == id or key in text
        ]


NO_OUTLINE = Outline()
NOTHING = ModelOutputInvalid(model="m", reason="nothing of use")
TEXTS = (
    "The Kestrel Trench is 7,420 metres deep. It was found in 1931.",
    "A gauge gave 7,510 metres. The gauge was old.",
)


async def written(
    store: Store,
    crew: Crew,
    *texts: str,
    outline: Outline = NO_OUTLINE,
    ledger: Ledger | None = None,
) -> tuple[Draft, Desk]:
    """The draft of the writer's text, unchecked, over these documents."""
    known = await desk(store, *(texts or TEXTS))
    models = ScriptedModels(crew.answer)
    return await steps.write(known.run, models, ledger or known.ledger, PLAN, outline), known


async def reported(
    store: Store,
    crew: Crew,
    *texts: str,
    outline: Outline = NO_OUTLINE,
    change: Callable[[Ledger], Ledger] = lambda known: known,
) -> Report:
    """The report of the writer's text after its gates; `change` is made to the ledger."""
    known = await desk(store, *(texts or TEXTS))
    ledger = change(known.ledger)
    models = ScriptedModels(crew.answer)
    draft = await steps.write(known.run, models, ledger, PLAN, outline)
    checked = await steps.check(known.run, models, draft, ledger, PLAN, outline)
    return cite.bind(
        checked, ledger, known.bindings, job=known.run.job, status="complete", usage=Usage()
    )


def texts_of(report: Report) -> list[str]:
    return [s.text for section in report.sections for s in cite.sentences_of(section)]
