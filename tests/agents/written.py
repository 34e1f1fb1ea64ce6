"""A run over a few documents that were read, with claims that quote them: what the analysis, the
writer and the check are given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agents.models import ScriptedModels
from evals.graders.invariants import violations
from research.budget import Budget
from research.crew import Run
from research.domain import Claim, Draft, Effort, Language, Ledger, PageText, Plan
from research.domain.report import Report, Usage
from research.efforts import EFFORTS, limits_for
from research.reporting import bind as cite
from research.reporting.bind import Bindings
from research.store.database import Store
from research.store.records import JobRecords
from research.text.language import interface_language_of
from tests.research.crews import new_job, question
from tests.research.readings import reading_of, snapshot_of

Answers = Callable[[dict[str, Any], str], dict[str, Any] | Exception | None]
PLAN = Plan(done=True, answered=True)


@dataclass(frozen=True)
class Desk:
    """A run, its ledger (a claim a sentence, c1 …, in the order of the texts) and what the claims
    quote."""

    run: Run
    ledger: Ledger
    bindings: Bindings

    def with_claims(self, *claims: Claim) -> "Desk":
        return replace(
            self, ledger=self.ledger.model_copy(update={"claims": (*self.ledger.claims, *claims)})
        )

    def bound(self, draft: Draft) -> Report:
        """The report of a draft, after all that anyone can check of it."""
        report = cite.bind(
            draft, self.ledger, self.bindings, job=self.run.job, status="complete", usage=Usage()
        )
        texts = {snapshot.id: snapshot.text for snapshot in self.bindings.snapshots.values()}
        assert violations(report, texts, render=cite.render) == []
        return report


async def desk(
    store: Store,
    *texts: str,
    asked: str = "How deep is the Kestrel Trench?",
    effort: Effort = "standard",
    pages: Mapping[int, str] | None = None,
) -> Desk:
    """Each text on a site of its own, but for those whose address `pages` tells."""
    language: Language = interface_language_of(asked)
    job = await new_job(
        store, question=question(asked).model_copy(update={"language": language}), effort=effort
    )
    job = await store.take(job.id, stale_seconds=15)
    records = JobRecords(store, job)
    readings, snapshots, claims = {}, {}, []
    for n, text in enumerate(texts, 1):
        snapshot = snapshot_of(text)
        url = (pages or {}).get(n, f"https://example{n}.org/page")
        via = "library" if url.startswith("library:") else "http"
        about = {
            "title": f"Page {n}",
            "site": f"example{n}.org",
            "published_at": "2020-01-01",
            "via": via,
        }
        reading = reading_of(snapshot, url, job_id=job.id, **about)
        page = PageText(
            text=text, sentences=snapshot.sentences, media_type="text/plain", extractor="test"
        )
        await records.add_readings([(page, snapshot, reading)])
        readings[reading.id], snapshots[snapshot.id] = reading, snapshot
        for i, span in enumerate(snapshot.sentences):
            evidence = (cite.quote(snapshot, [span], reading.id),)
            claims.append(
                Claim(
                    id=f"c{len(claims) + 1}",
                    text=snapshot.sentence(i),
                    evidence=evidence,
                    verdict="supported",
                    reason="read",
                )
            )
    plan = EFFORTS[effort]
    budget = Budget(limits=limits_for(plan, job.budget))
    run = Run(job=job, store=store, records=records, budget=budget, effort=plan)
    return Desk(
        run, Ledger(claims=tuple(claims), queries=("depth",)), Bindings(readings, snapshots)
    )


def agreed(form: dict[str, Any]) -> Any:
    """What a judge says that agrees."""
    if "enum" in form:
        return form["enum"][0]
    return {"reason": "", "verdict": "supported"} if form.get("type") == "object" else ""


def models(answers: Answers, *, embedded: bool = False) -> ScriptedModels:
    """Models that answer by a function of the schema's properties and the prompt; what it leaves
    open, every judge says yes to."""

    def handler(role: str, messages: Any, schema: dict[str, Any]) -> dict[str, Any] | Exception:
        properties = schema["properties"]
        given = answers(properties, "\n".join(message["content"] for message in messages))
        if given is not None:
            return given
        return {name: agreed(form) for name, form in properties.items()}

    return ScriptedModels(handler, embedded=embedded)
