"""One run of a question: who owns it, how it stands, what people say to it, what happened."""

from datetime import datetime
from typing import Any, Literal

from research.domain.base import Noun
from research.domain.question import BudgetLimits, Question

Mode = Literal["multi_agent", "react"]
Effort = Literal["quick", "standard", "deep"]
Clarify = Literal["auto", "never", "always"]
DEFAULT_TENANT = "default"

InputKind = Literal["answers", "plan", "note"]
JobStatus = Literal["queued", "running", "needs_input", "completed", "failed", "cancelled"]


class Job(Noun):
    """One question to be answered; the row that workers own. `fence` rises at each take-over; of
    jobs that wait, those of a higher `priority` are taken first. `parent_id` is the job that it
    follows up, `tenant` whose it is; `request_id` and `traceparent` (W3C) name the request that
    asked for it, in logs and traces."""

    id: str
    tenant: str = DEFAULT_TENANT
    question: Question
    mode: Mode = "multi_agent"
    effort: Effort = "standard"
    budget: BudgetLimits = BudgetLimits()
    clarify: Clarify = "never"
    approve_plan: bool = False
    priority: int = 0
    parent_id: str | None = None
    request_id: str = ""
    traceparent: str = ""
    status: JobStatus = "queued"
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    owner: str | None = None
    heartbeat_at: datetime | None = None
    fence: int = 0
    attempts: int = 0
    cancel_requested: bool = False
    error: dict[str, Any] | None = None


class Input(Noun):
    """What a person said to a job that is waiting or running: answers, an edited plan, a note. `id`
    counts from 1 within the job."""

    id: int
    kind: InputKind
    at: datetime
    data: dict[str, Any]


class Event(Noun):
    """Something that happened in a job, in order; `id` counts from 1 within the job. `type` is one
    of `research.events`."""

    id: int
    type: str
    at: datetime
    data: dict[str, Any]
