"""What a job has used so far, summed from its rows; also while it runs and when it failed. Not
here: limits (`research/efforts.py`, `research/budget.py`)."""

from collections.abc import Iterable
from typing import Any

from api.messages.follow import Progress
from research.domain.report import RoleUsage, Usage
from research.store.database import Store
from research.store.tables import ModelCallRow

_SUMMED = ("prompt_tokens", "cached_tokens", "completion_tokens", "usd")


async def usage_of(store: Store, job_id: str, progress: Progress) -> Usage:
    calls = await store.model_calls(job_id)
    seconds = await store.seconds(job_id)
    by_role = {
        role: RoleUsage(**_sums(call for call in calls if call.role == role))
        for role in sorted({c.role for c in calls})
    }
    return Usage(
        **_sums(calls),
        seconds=seconds,
        searches=progress.searches,
        pages_read=len(progress.sources),
        by_role=by_role,
    )


def _sums(calls: Iterable[ModelCallRow]) -> dict[str, Any]:
    listed = list(calls)
    return {"model_calls": len(listed)} | {
        name: sum(getattr(call, name) for call in listed) for name in _SUMMED
    }
