"""The events of a job, by name. Each is a row with a number; a viewer that reconnects asks for what
came after the last it saw.

| type | data |
|---|---|
| `job.started` | attempt, model, effort, mode |
| `job.resumed` | attempt; in_flight: the steps that are taken again |
| `plan` | round, brief, must_contain, met: {part: [claim id]}, tasks: [{id, role, goal, queries}],
done, reason |
| `needs_input` | kind: answers or plan; questions, or plan and the most tasks it may have |
| `input` | kind; for notes: notes, those taken up |
| `agent.started` | task_id, role, goal |
| `agent.step` | task_id, index, turn, tool, arguments, thought, failures, unread (kinds) |
| `context` | task_id, strategy, reason (size or overflow), tokens, kept (turns) |
| `agent.finished` | task_id, role, outcome, reason, claims, answer, findings |
| `source` | task_id, reading_id, title, url, via, why (what made a browser necessary) |
| `claims` | total, claims: [{id, text, verdict, title}] new ones |
| `contradiction` | topic, note, kind |
| `model_call` | role, model, prompt_tokens, cached_tokens, completion_tokens, usd, seconds, failed,
budget_left: {calls, tokens, seconds, usd} |
| `floor` | step, reason; of a model's failure also model, code, cause, mend |
| `warning` | message |
| `todo` | task_id, items: [{id, text, status}] the agent's list as it now is |
| `writing` | sections |
| `checked` | sentences, dropped |
| `job.completed` | status, title; error: {code, message, mend} where the model is to blame for what
the report lacks |
| `job.failed` | code, message, mend |
| `job.cancelled` | |
"""

from typing import Literal

EventType = Literal[
    "job.started",
    "job.resumed",
    "plan",
    "needs_input",
    "input",
    "agent.started",
    "agent.step",
    "context",
    "agent.finished",
    "source",
    "claims",
    "contradiction",
    "model_call",
    "floor",
    "warning",
    "todo",
    "writing",
    "checked",
    "job.completed",
    "job.failed",
    "job.cancelled",
]

FINAL: frozenset[str] = frozenset({"job.completed", "job.failed", "job.cancelled"})
