"""What comes next: another round of searching, claims to check, or the report. The fallback is to
write."""

from typing import Literal

from agents.asked import said_beside
from agents.guarding.untrusted_text import on_one_line
from agents.planning.looking import passed_by
from agents.planning.sharing import TOO_FEW, may_verify, most_tasks
from agents.planning.sources import Situation, where
from agents.planning.tasks import Sought, search_tasks, verify_tasks
from agents.schemas import Form, bounded
from agents.writing import evidence
from research.crew import Run
from research.domain import Ledger, Plan
from research.errors import SearchFailed
from research.store.documents import documents
from research.text.sentences import clip

LISTED = 12_000  # characters of what was read, and of what was not


class Met(Form):
    part: int
    claims: tuple[str, ...] = ()


class Decision(Form):
    met: tuple[Met, ...] = ()
    why: str = ""
    next: Literal["go_on", "write"]
    search: tuple[Sought, ...] = ()
    verify: tuple[str, ...] = ()


async def later(at: Situation, last: Plan, round: int) -> Plan:
    run, ledger = at.run, at.ledger
    # a search that finds nothing was answered
    if ledger.failures and not (ledger.pages or ledger.queries):
        return _after_outage(run, ledger, last, round)
    here = last.replace(
        tasks=(),
        asked=(*last.asked, *(task.goal for task in last.tasks)),
        answered=bool(ledger.claims),
        heard=len(at.notes),
        round=last.round + 1,
    )
    if reason := _over(run, here, whole=at.sources.whole, noted=here.heard > last.heard):
        return here.replace(done=True, reason=reason)
    if not (most := most_tasks(run, here.round, deciding=True)):
        return here.replace(done=True, capped=True, reason=TOO_FEW)
    decision = await _decide(at, here, most)
    if decision is None:
        return here.replace(done=True, reason="the model gave no decision")
    return _followed(run, ledger, here, round, decision)


def _over(run: Run, here: Plan, *, whole: bool, noted: bool) -> str:
    """Why there is nothing left to decide; '' if there is. A note that was not heard yet is always
    heard."""
    if noted:
        return ""
    if run.job.mode == "react":
        return "one agent, one loop"
    if whole:
        return "all sources were read whole"
    return "the rounds are over" if here.round > run.effort.rounds else ""


def _followed(run: Run, ledger: Ledger, here: Plan, round: int, decision: Decision) -> Plan:
    """What the model decided, as far as there is room for it."""
    known = ledger.by_id()
    parts = dict(enumerate(here.must_contain, 1))
    met: dict[str, tuple[str, ...]] = {}
    for one in decision.met:
        ids = tuple(id for id in one.claims if id in known)
        if ids and one.part in parts:
            met[parts[one.part]] = ids
    here = here.replace(met=met, reason=clip(on_one_line(decision.why), 400))
    if decision.next == "write":
        return here.replace(done=True)
    searching = search_tasks(decision.search, round, here.asked, run.effort.tasks)
    verifying = verify_tasks(ledger, decision.verify, round) if may_verify(run) else ()
    tasks = (*searching, *verifying)[: run.effort.tasks]
    return here.replace(tasks=tasks, done=not tasks)


def _after_outage(run: Run, ledger: Ledger, last: Plan, round: int) -> Plan:
    """Nothing could be searched at all: that is an error, no lack of evidence. Whoever takes the
    job up again searches again, once."""
    with run.budget.admit(1, 1):  # what a spent budget cut short is no outage
        pass
    if last.fence == run.job.fence:
        raise SearchFailed(reason="; ".join(ledger.failures))
    tasks = tuple(task.replace(id=f"r{round}s{n}") for n, task in enumerate(last.tasks, 1))
    return last.replace(tasks=tasks)


async def _decide(at: Situation, here: Plan, most: int) -> Decision | None:
    run, ledger = at.run, at.ledger
    read = await documents(run.store, run.job)
    open_ends = [f"not found: {gap}" for gap in ledger.gaps]
    open_ends += [f"searched without result: {end}" for end in ledger.dead_ends]
    open_ends += [f"failed: {failure}" for failure in ledger.failures]
    return await at.ask(
        "plan_next",
        Decision,
        schema=bounded(Decision, search={"maxItems": most}),
        tasks=most,
        sources=where(run, at.sources),
        instructions=said_beside(run.question, at.notes),
        brief=here.brief,
        parts="\n".join(f"P{n} {part}" for n, part in enumerate(here.must_contain, 1)),
        claims=evidence.claims(ledger, read),
        conflicts=evidence.contradictions(ledger, read) or "(none)",
        surprises=evidence.bullets(one.text for one in ledger.surprises) or "(none)",
        open_ends=evidence.bullets(open_ends) or "(none)",
        read=clip(evidence.listed(read, ledger), LISTED),
        passed_by=clip("\n".join(await passed_by(run)), LISTED) or "(none)",
        asked=evidence.bullets(here.asked),
        rounds=max(0, run.effort.rounds - here.round + 1),
        left=", ".join(f"{unit} {amount:,.0f}" for unit, amount in run.budget.left().items()),
    )
