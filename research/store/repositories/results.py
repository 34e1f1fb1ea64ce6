"""What a job left: its report and ledger, what its agents did, what its models were asked and
answered."""

from collections import defaultdict

import sqlalchemy
from sqlalchemy import func
from sqlmodel import col, select

from research.domain import Effort, Ledger, Mode, Observation, Step
from research.domain.report import Report
from research.errors import ReadingFailure
from research.store.repositories.base import Repository
from research.store.repositories.held import observed
from research.store.tables import (
    AnswerRow,
    JobRow,
    ModelCallRow,
    ObservationRow,
    ReportRow,
    StepRow,
    TrajectoryRow,
    table_of,
)

STEPS, OBSERVATIONS = table_of(StepRow), table_of(ObservationRow)
ANSWERS = table_of(AnswerRow)


class Results(Repository):
    async def report(self, job_id: str) -> Report | None:
        row = await self.row(ReportRow, job_id)
        return Report.model_validate(row.data) if row else None

    async def ledger(self, job_id: str) -> Ledger | None:
        row = await self.row(ReportRow, job_id)
        return Ledger.model_validate(row.ledger) if row else None

    async def trajectories(self, job_id: str) -> list[tuple[TrajectoryRow, list[Step]]]:
        """The agents of a job, each with what it has done in order."""
        mine = select(StepRow).where(StepRow.job_id == job_id).order_by(col(StepRow.index))
        steps: dict[str, list[Step]] = defaultdict(list)
        for row in await self.rows(mine):
            steps[row.task_id].append(Step.model_validate(row.data))
        agents = await self.rows(select(TrajectoryRow).where(TrajectoryRow.job_id == job_id))
        return [(row, steps[row.task_id]) for row in agents]

    async def steps(self, job_id: str, task_id: str) -> list[Step]:
        """What one agent has done, in order."""
        mine = (STEPS.c.job_id == job_id, STEPS.c.task_id == task_id)
        found = await self.column(
            sqlalchemy.select(STEPS.c.data).where(*mine).order_by(STEPS.c.index)
        )
        return [Step.model_validate(data) for data in found]

    async def observation(self, job_id: str, observation_id: str) -> Observation | None:
        async def stored(job_id: str) -> Observation | None:
            mine = (OBSERVATIONS.c.job_id == job_id, OBSERVATIONS.c.id == observation_id)
            found = await self.column(sqlalchemy.select(OBSERVATIONS.c.data).where(*mine))
            return Observation.model_validate(found[0]) if found else None

        return await self.find(job_id, observed(observation_id), stored)

    async def observations(self, job_id: str) -> list[Observation]:
        mine = sqlalchemy.select(OBSERVATIONS.c.data).where(OBSERVATIONS.c.job_id == job_id)
        found = await self.column(mine.order_by(OBSERVATIONS.c.id))
        return [Observation.model_validate(data) for data in found]

    async def unread(self, job_id: str) -> dict[str, ReadingFailure]:
        """What kept the job from each address that it could not read."""
        mine = sqlalchemy.select(OBSERVATIONS.c.data["unread"])
        mine = mine.where(OBSERVATIONS.c.job_id == job_id).order_by(OBSERVATIONS.c.id)
        failed: dict[str, ReadingFailure] = {}
        for unread in await self.column(mine):
            failed |= unread or {}
        return failed

    async def model_calls(self, job_id: str) -> list[ModelCallRow]:
        query = select(ModelCallRow).where(ModelCallRow.job_id == job_id)
        return await self.rows(query.order_by(col(ModelCallRow.at)))

    async def answer(self, job_id: str, request_sha256: str) -> str | None:
        """What a model answered to this request in this job; None where it was not asked or gave
        nothing usable."""
        row = await self.row(AnswerRow, (job_id, request_sha256))
        return row.answer if row else None

    async def answers(self, job_id: str) -> int:
        """How many requests of this job got a usable answer."""
        mine = sqlalchemy.select(func.count()).where(ANSWERS.c.job_id == job_id)
        [count] = await self.column(mine)
        return count

    async def finished_usage(
        self, effort: Effort, mode: Mode, model: str, *, limit: int
    ) -> list[tuple[int, int, float, float]]:
        """Calls, tokens, USD and seconds of the last runs that ended in a report and called this
        model; all their calls. One tenant learns nothing of another's runs."""
        tokens = func.sum(col(ModelCallRow.prompt_tokens) + col(ModelCallRow.completion_tokens))
        called = select(col(ModelCallRow.job_id)).where(ModelCallRow.model == model)
        query = (
            select(
                func.count(col(ModelCallRow.id)),
                tokens,
                func.sum(col(ModelCallRow.usd)),
                col(JobRow.seconds),
            )
            .join(JobRow, col(JobRow.id) == col(ModelCallRow.job_id))
            .where(
                JobRow.effort == effort,
                JobRow.mode == mode,
                JobRow.status == "completed",
                col(JobRow.id).in_(called),
            )
            .group_by(col(JobRow.id), col(JobRow.seconds), col(JobRow.created_at))
            .order_by(col(JobRow.created_at).desc())
            .limit(limit)
        )
        if self.tenant is not None:
            query = query.where(JobRow.tenant == self.tenant)
        return await self.rows(query)
