"""What a run may read, checked at the door: there is something to read, libraries exist, and
private text stays on this machine.

Not here: the other limits of a request (`api/messages/requests.py`).
"""

from collections.abc import Collection
from typing import get_args

from research.domain import BudgetLimits, Effort, Job, Role, Scope, SourceChoice
from research.efforts import efforts
from research.errors import (
    FollowUpRefused,
    InputRejected,
    JobNotFound,
    LibraryError,
    PrivateParentRefused,
    PrivateSourceRefused,
    ScopeMissing,
)
from research.ledger.follow_up import line_of, readings_of
from research.settings import Settings
from research.store.database import Store

ROLES: tuple[Role, ...] = get_args(Role)  # each of them sees text that was read


async def admit_libraries(
    choice: SourceChoice, parent: Job | None, scopes: Collection[Scope], store: Store
) -> None:
    """Who may not read libraries may not have a run read them either, nor go on from jobs that have
    read some. Raises `ScopeMissing`."""
    if "libraries:read" in scopes:
        return
    before = await line_of(store, parent) if parent else []
    if choice.libraries or any(job.question.sources.libraries for job in before):
        raise ScopeMissing(scope="libraries:read")


async def admit_sources(choice: SourceChoice, settings: Settings, store: Store) -> None:
    """Check the sources of a run. Raises `InputRejected`,
    `LibraryError`, `PrivateSourceRefused`."""
    if not (choice.web or choice.libraries):
        raise InputRejected(
            field="sources",
            reason="there is nothing to read",
            mend="Allow the web or name a library.",
        )
    known = {store.name_of(row): (row, documents) for row, documents in await store.libraries()}
    for name in choice.libraries:
        add = f"`leadline library add {name} PATH`"
        if name not in known:
            mend = f"{add} adds it; `leadline library list` shows those there are."
            raise LibraryError(library=name, reason="there is none of that name", mend=mend)
        row, documents = known[name]
        if not documents:
            mend = f"{add} reads it again."
            raise LibraryError(library=name, reason="it holds no readable document", mend=mend)
        if row.private:
            _refuse_leak(name, choice, settings)
    names = [known[name][0].name for name in choice.libraries]
    if twice := next((name for name in names if names.count(name) > 1), None):
        reason = "two tenants have one of that name, and a run tells documents apart by it"
        raise LibraryError(library=twice, reason=reason, mend="Ask of one of them at a time.")


def admit_budget(asked: BudgetLimits, effort: Effort, settings: Settings) -> None:
    """Refuse a budget with which no run can work, or money that cannot be counted. Raises
    `InputRejected` naming the least."""
    least = efforts(settings)[effort].least().model_dump(exclude_none=True)
    for unit, given in asked.model_dump(exclude_none=True).items():
        if given < least.get(unit, 0):
            raise InputRejected(
                field=f"budget.{unit}",
                reason=f"{given:g} {unit} are too few for a run of the effort {effort}: the "
                f"least is {least[unit]:g}",
                mend="Raise the cap, or ask with a lower effort.",
            )
    is_priced = settings.model_price or all(map(settings.embedded, ROLES))
    if asked.usd is not None and not is_priced:
        raise InputRejected(
            field="budget.usd",
            reason="no price of the model is known, so money cannot be counted",
            mend='Set LEADLINE_MODEL_PRICE, for example {"prompt": 0.1, "cached": 0.02, '
            '"completion": 0.3} in USD for a million tokens.',
        )


async def admit_parent(parent_id: str, store: Store) -> Job:
    """The job that a question follows up. Raises `FollowUpRefused`; of another tenant's job it
    tells no more than of none."""
    try:
        parent = await store.of(store.acting_tenant).job(parent_id)
    except JobNotFound:
        reason = "there is no such job"
    else:
        if parent.status == "completed":
            return parent
        reason = f"it is {parent.status}, not completed"
    raise FollowUpRefused(parent_id=parent_id, field="parent_id", reason=reason)


async def admit_inherited(
    parent: Job, choice: SourceChoice, settings: Settings, store: Store
) -> None:
    """Hold what a follow-up inherits to what its own sources are held to. Raises
    `PrivateParentRefused`."""
    private = any(reading.private for reading in await readings_of(store, parent))
    if private and (leak := _leak(choice, settings)):
        field = "sources.web" if choice.web else "parent_id"
        raise PrivateParentRefused(parent_id=parent.id, what=leak[0], field=field)


def _refuse_leak(library: str, choice: SourceChoice, settings: Settings) -> None:
    """Raises `PrivateSourceRefused` when text of the private library could leave this machine."""
    if leak := _leak(choice, settings):
        what, mend = leak
        mend += (
            f"; or, if its documents may leave this machine, `leadline library add {library} PATH "
            f"--public` says so."
        )
        field = "sources.web" if choice.web else "sources.libraries"
        raise PrivateSourceRefused(library=library, what=what, mend=mend, field=field)


def _leak(choice: SourceChoice, settings: Settings) -> tuple[str, str] | None:
    """Who beyond this machine would see text of a private document, and what keeps it here."""
    if choice.web:
        return "a search engine, which would see words of it in queries,", "Ask without the web"
    role = next((role for role in ROLES if not settings.is_local(role)), None)
    if role is None:
        return None
    model = f"the model of the role {role} ({settings.base_url(role) or 'a provider'})"
    return model, (
        f"Name its host in LEADLINE_LOCAL_ENDPOINTS if it is yours, or give the role a local model "
        f"with LEADLINE_MODEL_BASE_URL__{role.upper()}"
    )
