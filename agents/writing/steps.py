"""The steps of the graph that make a report with a model that can write and judge: outline, write,
check."""

from agents.models import Models
from agents.writing import author
from agents.writing import outline as outlining
from agents.writing.desk import desk
from agents.writing.lengths import Length
from agents.writing.limits import limits
from agents.writing.review.review import Review
from agents.writing.words import own_words
from research.crew import Run
from research.domain import Draft, Ledger, Outline, Plan


async def outline(run: Run, models: Models, ledger: Ledger, plan: Plan) -> Outline:
    """What the report will argue. An empty ledger is never written up; a short report is planned as
    it is written."""
    if not ledger.claims or run.effort.short:
        return Outline()
    lying = await desk(run, models, ledger, plan, Outline())
    made = await outlining.outline(run, models, lying) or Outline()
    return made.replace(room=lying.room)


async def write(run: Run, models: Models, ledger: Ledger, plan: Plan, outline: Outline) -> Draft:
    """The draft; of nothing that was found, what was tried."""
    if not ledger.claims:
        return await _nothing(run, ledger)
    lying = await desk(run, models, ledger, plan, outline)
    draft = await author.written(run, models, lying, outline)
    missing = set(outline.unanswered)
    return draft.replace(
        limitations=tuple(await limits(run, ledger, plan)),
        complete=not (missing or plan.capped),
        answered=len(missing) < len(lying.parts),
        contradictions=outline.contradictions,
    )


async def check(
    run: Run, models: Models, draft: Draft, ledger: Ledger, plan: Plan, outline: Outline
) -> Draft:
    """The draft after its gates."""
    if not draft.written():
        return draft
    lying = await desk(run, models, ledger, plan, outline)
    lying.resolver.know(draft.calculations, [one.id for one in outline.calculations])
    length = Length.of(run, outline)
    values = {**lying.values, **length.told(length.of_draft(draft))}
    made = await Review(run, models, lying.resolver, values).of(draft)
    return _answered(made) if run.effort.short else made


def _answered(draft: Draft) -> Draft:
    """A short report, which has no outline: whether it answers is what its short answer says."""
    if not draft.answer:
        return draft
    kinds = {sentence.kind for sentence in draft.answer}
    answered = not kinds <= {"absence", "framing", "given", "method"}
    return draft.replace(answered=answered, complete=draft.complete and "absence" not in kinds)


async def _nothing(run: Run, ledger: Ledger) -> Draft:
    words = own_words(run.question)
    told = [words["none"], *await limits(run, ledger, Plan())]
    told += [words["tried"] + "; ".join(ledger.queries)] if ledger.queries else []
    return Draft(title=words["title"], limitations=tuple(told), complete=False, answered=False)
